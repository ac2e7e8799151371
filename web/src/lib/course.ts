/** Where the page is going, while it is; and whether it has ever arrived. */
export const course: { to: string | undefined; arrived: boolean } = { to: undefined, arrived: false };
