/** What a judge has learnt of its camera's scene, and how that is kept over a restart as plain JSON. */
import { instant } from '@minewarden/protocol/time.ts'
import { z } from 'zod'
import type { AgreementState } from './agreement.ts'
import { CELLS } from './edge-field.ts'
import { BLOCKS } from './scene-match.ts'
import { emptyReference, type SceneReference } from './scene-reference.ts'
import type { StillnessMemory } from './stillness.ts'

/** What is usual in one light (by day, or under infrared lamps). */
export interface LightMode {
  readonly reference: SceneReference
  /** Usual presence of each block, 0 to 1. */
  readonly presence: Float32Array
  /** Usual values of the scene's match; 0 until taught. */
  score: number
  sharpness: number
}

export interface LearntScene {
  readonly modes: { readonly day: LightMode; readonly night: LightMode }
  /** Usual share of cells with edges, and how many looks told so. */
  structure: number
  looks: number
  /** True once the camera was seen in colour: then a grey picture means night. */
  seenColour: boolean
  readonly stillness: StillnessMemory
  agreement: AgreementState
}

const emptyMode = (): LightMode => ({
  reference: emptyReference(instant(0)),
  presence: new Float32Array(BLOCKS),
  score: 0,
  sharpness: 0,
})

export const emptyScene = (): LearntScene => ({
  modes: { day: emptyMode(), night: emptyMode() },
  structure: 0,
  looks: 0,
  seenColour: false,
  stillness: { usual: 0, taught: 0 },
  agreement: { verdict: { status: 'online', cause: null, confidence: 0, since: instant(0) }, candidate: null },
})

const VERSION = 1
const share = z.number().min(-1).max(1)
const Field = z.string().length(base64Length(CELLS))
const Mode = z.object({
  looks: z.int().min(0),
  lastAt: z.number(),
  cosine: Field,
  sine: Field,
  anchor: z.object({ cosine: Field, sine: Field }).nullable(),
  presence: z.array(share).length(BLOCKS),
  score: share,
  sharpness: z.number().min(0).max(1000),
})
const Learnt = z.object({
  version: z.literal(VERSION),
  day: Mode,
  night: Mode,
  structure: share,
  looks: z.int().min(0),
  seenColour: z.boolean(),
  stillness: z.object({ usual: share, taught: z.int().min(0).max(200) }),
  verdict: z.object({
    status: z.enum(['online', 'frozen', 'dark', 'occluded', 'moved']),
    cause: z.string().max(64).nullable(),
    confidence: share,
    since: z.number(),
  }),
})

/** Some 37 kB of JSON: two references and their anchors to one part in 127. */
export function encodeScene(scene: LearntScene): z.input<typeof Learnt> {
  const { modes, structure, looks, seenColour, stillness, agreement } = scene
  return {
    version: VERSION,
    day: encodeMode(modes.day),
    night: encodeMode(modes.night),
    structure,
    looks,
    seenColour,
    stillness: { ...stillness },
    verdict: { ...agreement.verdict },
  }
}

/** `null` when it is not what {@link encodeScene} gave: the camera is then learnt anew. */
export function decodeScene(raw: unknown): LearntScene | null {
  const checked = Learnt.safeParse(raw)
  if (!checked.success) return null
  const { day, night, structure, looks, seenColour, stillness, verdict } = checked.data
  return {
    modes: { day: decodeMode(day), night: decodeMode(night) },
    structure,
    looks,
    seenColour,
    stillness,
    agreement: { verdict: { ...verdict, since: instant(verdict.since) }, candidate: null },
  }
}

function encodeMode({ reference, presence, score, sharpness }: LightMode): z.input<typeof Mode> {
  return {
    looks: reference.looks,
    lastAt: reference.lastAt,
    cosine: toBase64(Int8Array.from(reference.cosine, shrink)),
    sine: toBase64(Int8Array.from(reference.sine, shrink)),
    anchor: reference.anchor && {
      cosine: toBase64(reference.anchor.cosine),
      sine: toBase64(reference.anchor.sine),
    },
    presence: Array.from(presence, (value) => Math.round(value * 1000) / 1000),
    score,
    sharpness,
  }
}

function decodeMode({ anchor, presence, score, sharpness, ...mode }: z.output<typeof Mode>): LightMode {
  return {
    reference: {
      looks: mode.looks,
      lastAt: instant(mode.lastAt),
      cosine: Int16Array.from(fromBase64(mode.cosine), grow),
      sine: Int16Array.from(fromBase64(mode.sine), grow),
      anchor: anchor && { cosine: fromBase64(anchor.cosine), sine: fromBase64(anchor.sine) },
    },
    presence: Float32Array.from(presence),
    score,
    sharpness,
  }
}

/** A reference counts 16384 as 1, a byte 127. */
const shrink = (value: number): number => Math.round((value * 127) / 16_384)
const grow = (value: number): number => Math.round((value * 16_384) / 127)

function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4
}

function toBase64(values: Int8Array): string {
  return btoa(Array.from(values, (value) => String.fromCharCode(value & 0xff)).join(''))
}

/** Characters outside the alphabet count as nothing: what is restored is checked by its length alone. */
function fromBase64(text: string): Int8Array {
  const out = new Int8Array(CELLS)
  try {
    const bytes = atob(text)
    for (let i = 0; i < out.length; i++) out[i] = bytes.charCodeAt(i)
  } catch {
    return out
  }
  return out
}
