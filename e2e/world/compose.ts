/** Compose files as people write them, for the images of the stories. */

export const web = (port: number, version = 1) => `services:
  web:
    image: appos-test/web:${version}
    ports: ["${port}:80"]
`;

export const webWithData = (port: number, version = 1) => `# The shop. Ask Ada before you change the port.
services:
  web:
    image: appos-test/web:${version}
    ports:
      - "${port}:80"
    volumes: [data:/data]
volumes:
  data: {}
`;

/** Its health is in the hands of the story: see makeReady. */
export const patient = (port: number) => `services:
  web:
    image: appos-test/patient:1
    ports: ["${port}:80"]
`;

export const only = (image: string, more = "") => `services:
  web:
    image: ${image}
${more}`;
