import type { Me } from "@appos/shared/auth";

declare global {
  namespace App {
    interface PageData {
      me?: Me;
    }
    interface Error {
      message: string;
      code?: string;
    }
  }
}
