/** Which device is asked what and when: few at a time, spread over the period, one question to a device at once. */
import type { Millis } from '@minewarden/protocol/time.ts'

export interface Question {
  readonly command: 'Catalog' | 'DeviceStatus'
  readonly device: string
  /** The device itself or one of its channels. */
  readonly about: string
}
interface Planned extends Question {
  dueAt: Millis
}
interface Asked {
  readonly question: Planned
  readonly sn: number
  readonly at: Millis
}

export interface QuestionsOptions {
  readonly periodMs: Millis
  readonly devices: readonly { readonly id: string; readonly channels: readonly string[] }[]
}

/** Questions in a second, to all devices together. */
export const QUESTIONS_PER_S = 5
/** An answer that did not come by now does not come. */
export const ANSWER_LIMIT_MS: Millis = 32_000
/** A device that just registered is busy. */
const FIRST_MS: Millis = 500

export class Questions {
  readonly #periodMs: Millis
  readonly #random: () => number
  readonly #planned: ReadonlyMap<string, readonly Planned[]>
  readonly #asked = new Map<string, Asked>()
  #sn: number
  #nextAt: Millis = 0

  constructor({ periodMs, devices }: QuestionsOptions, random: () => number) {
    this.#periodMs = periodMs
    this.#random = random
    this.#planned = new Map(devices.map(({ id, channels }) => [id, plan(id, channels)]))
    // Not from 1 at each start: an answer to a question of before a restart is not taken for one of ours.
    this.#sn = Math.floor(random() * 1e8)
  }

  /** A device registered anew: it is asked everything soon. */
  registered(device: string, now: Millis): void {
    this.#asked.delete(device)
    for (const planned of this.#planned.get(device) ?? []) planned.dueAt = now + FIRST_MS
  }

  /** The next question that is due, with its number; to be called until `null`. `isPresent`: who can be asked. */
  next(isPresent: (device: string) => boolean, now: Millis): { question: Question; sn: number } | null {
    if (now < this.#nextAt) return null
    let first: Planned | null = null
    for (const [device, plans] of this.#planned) {
      const asked = this.#asked.get(device)
      if (asked && now - asked.at >= ANSWER_LIMIT_MS) this.#asked.delete(device)
      else if (asked) continue
      if (!isPresent(device)) continue
      for (const each of plans) if (each.dueAt <= now && (!first || each.dueAt < first.dueAt)) first = each
    }
    if (!first) return null
    this.#sn = (this.#sn % 1e9) + 1
    this.#nextAt = now + 1_000 / QUESTIONS_PER_S
    this.#asked.set(first.device, { question: first, sn: this.#sn, at: now })
    first.dueAt = now + this.#periodMs * (0.9 + 0.2 * this.#random())
    return { question: first, sn: this.#sn }
  }

  /**
   * Whether an answer belongs to what that device was asked; how long ago it was asked. `isLast`: no
   * further part will come.
   */
  answered({ command, device, about }: Question, sn: string, isLast: boolean, now: Millis): Millis | null {
    const asked = this.#asked.get(device)
    if (!asked || String(asked.sn) !== sn || asked.question.command !== command || asked.question.about !== about)
      return null
    if (isLast) this.#asked.delete(device)
    return now - asked.at
  }
}

function plan(device: string, channels: readonly string[]): Planned[] {
  const status = [...new Set([device, ...channels])].map(
    (about): Planned => ({ command: 'DeviceStatus', device, about, dueAt: 0 }),
  )
  const isRecorder = channels.some((channel) => channel !== device)
  return isRecorder ? [...status, { command: 'Catalog', device, about: device, dueAt: 0 }] : status
}
