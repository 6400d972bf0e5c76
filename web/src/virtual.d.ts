/** The address of the land of the map, which the build makes. */
declare module "virtual:land" {
  const address: string;
  export default address;
}
