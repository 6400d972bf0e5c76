/** The catalogue in use. Another language is a file beside `en.ts` with the same keys. */

export { en } from "./en";
