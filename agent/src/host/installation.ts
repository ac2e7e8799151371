import type { Settings } from "../settings.ts";

export const NAME = "appos-agent";

/** Where an installed agent is. */
export const installation = ({ prefix }: Pick<Settings, "prefix">) => ({
  home: `${prefix}/opt/${NAME}`,
  command: `${prefix}/usr/local/bin/${NAME}`,
  supervise: `${prefix}/opt/${NAME}/supervise`,
  init: `${prefix}/etc/init.d/${NAME}`,
  unit: `${prefix}/etc/systemd/system/${NAME}.service`,
  pid: `${prefix}/run/${NAME}.pid`,
  log: `${prefix}/var/log/${NAME}.log`,
});
export type Installation = ReturnType<typeof installation>;
