/** One camera for all maps of a page: two settings side by side show the same place at the same scale. */

export interface Camera {
  center: [number, number];
  zoom: number;
}

type Listener = (camera: Camera, from: unknown) => void;
const listeners = new Set<Listener>();
export let camera: Camera | null = null;

export function moveCamera(next: Camera, from: unknown): void {
  camera = next;
  for (const listener of listeners) listener(next, from);
}

export function onCamera(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
