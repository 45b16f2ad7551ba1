/**
 * Links to the same picture differ in their signature alone, and what they lead to never changes. The link by which a
 * picture has come stays in use while it works, however often a case is asked for again: the browser has that picture.
 */
import type { Size } from './zoom'

interface Known extends Size {
  url: string
}

const KEPT = 300
const known = new Map<string, Known>()

export function pictureOf(url: string): string {
  return url.split('?', 1)[0]!
}

/** The best link to the picture that `url` leads to. */
export function linkOf(url: string): string {
  return known.get(pictureOf(url))?.url ?? url
}

export function sizeOf(url: string): Size | null {
  return known.get(pictureOf(url)) ?? null
}

/** This link has worked. */
export function arrived(url: string, { width, height }: Size): void {
  known.delete(pictureOf(url))
  known.set(pictureOf(url), { url, width, height })
  if (known.size > KEPT) known.delete(known.keys().next().value!)
}

/** This link works no more. */
export function failed(url: string): void {
  if (known.get(pictureOf(url))?.url === url) known.delete(pictureOf(url))
}
