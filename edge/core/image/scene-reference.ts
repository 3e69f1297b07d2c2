/**
 * What a camera usually shows: the edges that are there in nearly every picture. A mean of edge fields, in which what
 * moves (leaves, people, shadows) cancels out. It learns quickly at first, then so slowly that a change takes days;
 * who turns the camera a little each day is found by the anchor, which is taken once and never learns.
 */
import type { Instant, Millis } from '@minewarden/protocol/time.ts'
import { CELLS, type EdgeField } from './edge-field.ts'

/** Looks before a reference may be judged by. */
export const TAUGHT_LOOKS = 24
/** Looks after which the anchor is taken. */
const ANCHOR_LOOKS = 240
/** Time constant of learning once the reference is old. */
const LEARNING_MS: Millis = 3 * 86_400_000
/** No look weighs more than this in a taught reference, however long the camera was away. */
const MAX_SHARE = 1 / 60
/** Length of a mean vector above which an edge is held to be part of the scene. */
const STEADY = 0.22
const SCALE = 16_384

export interface SceneReference {
  looks: number
  lastAt: Instant
  /** Mean cosine and sine, {@link SCALE} is 1. */
  readonly cosine: Int16Array
  readonly sine: Int16Array
  anchor: { readonly cosine: Int8Array; readonly sine: Int8Array } | null
}

/** The steady edges of a reference as unit vectors with a weight; only cells whose weight is above 0. */
export interface SteadyEdges {
  readonly cells: Uint16Array
  readonly cosine: Float32Array
  readonly sine: Float32Array
  /** 0 to 1, the clearer and steadier the more. */
  readonly weight: Float32Array
  readonly totalWeight: number
}

export const emptyReference = (at: Instant): SceneReference => ({
  looks: 0,
  lastAt: at,
  cosine: new Int16Array(CELLS),
  sine: new Int16Array(CELLS),
  anchor: null,
})

/** True once it may be judged by. */
export const isTaught = (reference: SceneReference): boolean => reference.looks >= TAUGHT_LOOKS

/** Takes one picture into the mean. */
export function learn(reference: SceneReference, field: EdgeField, at: Instant): void {
  const share = learningShare(reference, at)
  for (let cell = 0; cell < CELLS; cell++) {
    reference.cosine[cell] = step(reference.cosine[cell]!, field.cosine[cell]! * SCALE, share)
    reference.sine[cell] = step(reference.sine[cell]!, field.sine[cell]! * SCALE, share)
  }
  reference.looks += 1
  reference.lastAt = at
  if (reference.looks === ANCHOR_LOOKS) reference.anchor = takeAnchor(reference)
}

/** Makes a reference that has no anchor yet an empty one. */
export function forgetIfYoung(reference: SceneReference): void {
  if (reference.looks >= ANCHOR_LOOKS) return
  reference.looks = 0
  reference.cosine.fill(0)
  reference.sine.fill(0)
}

function learningShare(reference: SceneReference, at: Instant): number {
  const elapsedMs = Math.max(0, at - reference.lastAt)
  return Math.max(1 / (reference.looks + 1), Math.min(MAX_SHARE, elapsedMs / LEARNING_MS))
}

/** A step below half a unit is left out: an old reference keeps what it knows to about a quarter. */
function step(mean: number, value: number, share: number): number {
  const by = (value - mean) * share
  return mean + (Math.abs(by) < 0.5 ? 0 : Math.round(by))
}

const takeAnchor = (reference: SceneReference) => ({
  cosine: Int8Array.from(reference.cosine, (value) => Math.round((value * 127) / SCALE)),
  sine: Int8Array.from(reference.sine, (value) => Math.round((value * 127) / SCALE)),
})

/** Makes the reference what it was when the anchor was taken; without one nothing changes. */
export function restoreAnchor({ cosine, sine, anchor }: SceneReference): void {
  if (anchor === null) return
  anchor.cosine.forEach((value, cell) => {
    cosine[cell] = Math.round((value * SCALE) / 127)
  })
  anchor.sine.forEach((value, cell) => {
    sine[cell] = Math.round((value * SCALE) / 127)
  })
}

/** The edges that a picture of the same scene must show. */
export const steadyEdges = (reference: SceneReference): SteadyEdges =>
  selectSteady(reference.cosine, reference.sine, SCALE)

/** Those of the day on which the anchor was taken; `null` before. */
export const anchorEdges = (reference: SceneReference): SteadyEdges | null =>
  reference.anchor && selectSteady(reference.anchor.cosine, reference.anchor.sine, 127)

function selectSteady(cosine: Int16Array | Int8Array, sine: Int16Array | Int8Array, scale: number): SteadyEdges {
  const cells: number[] = []
  const lengths: number[] = []
  let totalWeight = 0
  for (let cell = 0; cell < CELLS; cell++) {
    const length = Math.hypot(cosine[cell]!, sine[cell]!) / scale
    if (length < STEADY) continue
    cells.push(cell)
    lengths.push(length)
    totalWeight += length
  }
  return {
    cells: Uint16Array.from(cells),
    cosine: Float32Array.from(cells, (cell, i) => cosine[cell]! / scale / lengths[i]!),
    sine: Float32Array.from(cells, (cell, i) => sine[cell]! / scale / lengths[i]!),
    weight: Float32Array.from(lengths),
    totalWeight,
  }
}
