import type { PlanFindings } from "@appos/shared/plan";

const WHY = "its image is pulled anew, and another is behind its tag by now";

/** The same plan, where the images of some services are pulled though they are here. */
export function refreshed(found: PlanFindings, refresh: readonly string[]): PlanFindings {
  const isIn = (service: string) => refresh.includes(service);
  return {
    ...found,
    services: found.services.map((each) => {
      if (!isIn(each.service) || each.change === "create" || each.change === "remove") return each;
      return { ...each, change: "recreate", reasons: [...each.reasons, WHY] };
    }),
    // How large the newer one is, nobody has asked.
    images: found.images.map((each) =>
      each.services.some(isIn) && !each.image.includes("@") ? { ...each, pull: true, bytes: null } : each,
    ),
  };
}
