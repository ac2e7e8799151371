import type { Driver } from "./driver.ts";
import { renderTraefik, traefikMark } from "./traefik.ts";
import { traefikCertificates } from "./traefik-certificates.ts";
import { bothChoices, choiceFile, traefikChoices } from "./traefik-choices.ts";
import { traefikComplaint, traefikProblems } from "./traefik-log.ts";
import { traefikPlaces, traefikStatic } from "./traefik-static.ts";

export const traefikDriver: Driver = {
  config: traefikPlaces.config,
  next: "traefik-next.yaml",
  render: renderTraefik,
  files(model) {
    const { name, text } = traefikStatic(model);
    return { [name]: text };
  },
  service: (model) => ({
    // Images bring a script of their own, which guesses what is meant.
    entrypoint: ["traefik"],
    command: [`--configFile=${traefikPlaces.shared}/${traefikStatic(model).name}`],
    // Requests whose length is limited are gathered there.
    tmpfs: ["/tmp"],
    volumes: [`traefik:${traefikPlaces.data}`],
  }),
  volumes: ["traefik"],
  // Asks itself for /ping, which is there once it has read a whole configuration: `renderTraefik` has a router for it.
  serves: ["traefik", "healthcheck", "--ping.entryPoint=own", `--entryPoints.own.address=${traefikPlaces.own}`],
  mark: (text) => ({ path: traefikMark(text), status: 200 }),
  complaint: traefikComplaint,
  choices: { folder: traefikPlaces.folder, file: choiceFile, texts: traefikChoices, both: bothChoices },
  certificatesBy: "proxy",
  certificates: { folder: traefikPlaces.data, of: traefikCertificates },
  asksWhenTold: true,
  certificateProblems: async (_, { lines }) => traefikProblems(await lines()),
};
