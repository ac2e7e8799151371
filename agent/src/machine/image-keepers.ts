import type Docker from "dockerode";
import { statusOf } from "./docker-client.ts";
import { makeUnstarted, unstartedWith } from "./unstarted.ts";

const LABEL = "appos.keeps";
export const KEEPS = "AppOS keeps this image for a roll-back";

/** Docker prunes every image that no container is made from, tagged or not: so there is one. */
export async function keepImage(docker: Docker, project: string, imageId: string) {
  const name = `${project}-kept-${imageId.replace("sha256:", "").slice(0, 12)}`;
  await makeUnstarted(docker, imageId, { name, why: KEEPS, label: [LABEL, project] }).catch((error: unknown) => {
    // Its name is taken: it is there.
    if (statusOf(error) !== 409) throw error;
  });
}

export const imageKeepers = async (docker: Docker, project: string) =>
  (await unstartedWith(docker, `${LABEL}=${project}`)).map(({ Id, ImageID }) => ({ id: Id, imageId: ImageID }));
