// Its parts by themselves: the whole brings a second, far larger way to make keys.
declare module "acme-client/src/client.js" {
  export { Client as default } from "acme-client";
}
declare module "acme-client/src/crypto/index.js" {
  import type { crypto } from "acme-client";
  const whole: typeof crypto;
  export default whole;
}
declare module "acme-client/src/axios.js" {
  import type { axios } from "acme-client";
  const whole: typeof axios;
  export default whole;
}
