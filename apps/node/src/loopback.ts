/** Where the API listens: this machine only. */
export const LOOPBACK = "127.0.0.1";
