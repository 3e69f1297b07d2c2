/**
 * One camera as it is known: what its ways of answering (ONVIF, RTSP, pictures) gave last, what alarms of its own stand, and
 * what follows for its status. Nothing is damped: each fact counts at once, and how often it was seen shows in the
 * confidence. Pure: moments are arguments, on the monotonic clock.
 */
import type { ProbeStatus } from '@minewarden/protocol/ids.ts'
import type { Millis } from '@minewarden/protocol/time.ts'
import type { HardwareErrorCode } from '../errors.ts'
import type { StandingEvent } from './standing-events.ts'

/** What is held of a camera at a moment. */
export interface CameraVerdict {
  readonly status: ProbeStatus
  /** Beside `online`: what is wrong although it is. */
  readonly cause: string | null
  readonly confidence: number
  readonly since: Millis
}

/** A way to ask a camera; with one it is configured with, or that it tells of. */
export type Way = 'onvif' | 'rtsp' | 'picture'

/** A fault by which a question failed. */
export type CameraFaultCode = Extract<HardwareErrorCode, `camera-${string}`>

/**
 * Words for a cause; how sure a camera is gone that fails like this, after several times; whether it is there all the same.
 * Who refuses a connection is on; who does not answer at all may sit behind a line that is down.
 */
const FAULTS: {
  readonly [C in CameraFaultCode]: { readonly word: string; readonly gone: number; readonly isThere: boolean }
} = {
  'camera-unreachable': { word: 'unreachable', gone: 0.75, isThere: false },
  'camera-refused': { word: 'refused', gone: 0.85, isThere: false },
  'camera-hung': { word: 'hung', gone: 0.85, isThere: false },
  'camera-lost': { word: 'connection-lost', gone: 0.8, isThere: false },
  'camera-garbled': { word: 'not-understood', gone: 0.5, isThere: false },
  'camera-denied': { word: 'authentication-failed', gone: 0, isThere: true },
  'camera-busy': { word: 'busy', gone: 0, isThere: true },
  'camera-faulted': { word: 'question-refused', gone: 0, isThere: true },
  'camera-no-picture': { word: 'no-picture', gone: 0, isThere: true },
}

export const isCameraFault = (code: HardwareErrorCode): code is CameraFaultCode => Object.hasOwn(FAULTS, code)

/** Share of the confidence after the first, the second and all further failures in a row. */
const FIRMNESS = [0.6, 0.8, 1] as const
/** One picture may be lost. */
const LOST_PICTURES = 3
const THERE_CONFIDENCE = 0.6
const SUSPECT_SHARE = 0.5

interface WayState {
  fault: CameraFaultCode | null
  /** Of the present fault; of the first answer. */
  since: Millis
  failures: number
}

export class CameraRecord {
  readonly #ways = new Map<Way, WayState>()
  #lifeAt: Millis | null = null
  #onlineSince: Millis | null = null
  readonly #begunAt: Millis

  constructor(now: Millis) {
    this.#begunAt = now
  }

  /** A sign of life that no question was asked for. */
  heard(now: Millis): void {
    this.#lifeAt = now
  }

  /** A question was answered. */
  answered(way: Way, now: Millis): void {
    const state = this.#ways.get(way)
    if (!state || state.fault !== null) this.#ways.set(way, { fault: null, since: now, failures: 0 })
    this.#alive(now)
  }

  /** A question failed. */
  failed(way: Way, fault: CameraFaultCode, now: Millis): void {
    const state = this.#ways.get(way)
    if (state?.fault === fault) state.failures += 1
    else this.#ways.set(way, { fault, since: now, failures: (state?.failures ?? 0) + 1 })
    if (FAULTS[fault].isThere) this.#alive(now)
  }

  /** A way that is no longer asked. */
  forget(way: Way): void {
    this.#ways.delete(way)
  }

  /** The fault of a way; `null`: it answers, or was not asked yet. */
  faultOf(way: Way): CameraFaultCode | null {
    return this.#ways.get(way)?.fault ?? null
  }

  /**
   * How the camera is; `null` before anything is known.
   * @param event its own alarm that stands
   * @param isLineSuspect many cameras fell silent at once: rather the way to them than they
   */
  verdict(event: StandingEvent | null, isLineSuspect: boolean): CameraVerdict | null {
    const [onvif, rtsp] = [this.#ways.get('onvif'), this.#ways.get('rtsp')]
    const first = onvif ?? rtsp
    if (!first) return null
    const isThere = [onvif, rtsp].some((way) => way && (way.fault === null || FAULTS[way.fault].isThere))
    if (!isThere) return this.#gone(first, onvif && rtsp ? rtsp : null, isLineSuspect)
    this.#onlineSince ??= this.#lifeAt ?? this.#begunAt
    const since = this.#onlineSince
    if (event && onvif && onvif.fault !== null && !FAULTS[onvif.fault].isThere)
      return this.#limping(onvif, 'onvif', event)
    if (event) return event
    if (onvif?.fault) return this.#limping(onvif, 'onvif', null)
    if (rtsp?.fault) return this.#limping(rtsp, 'rtsp', null)
    const picture = this.#ways.get('picture')
    if (picture?.fault && picture.failures >= LOST_PICTURES)
      return { status: 'online', cause: wordOf(picture.fault, 'picture'), confidence: 0.8, since: picture.since }
    return { status: 'online', cause: null, confidence: onvif && rtsp ? 0.97 : 0.9, since }
  }

  #gone(way: WayState, other: WayState | null, isLineSuspect: boolean): CameraVerdict {
    this.#onlineSince = null
    const { word, gone } = FAULTS[way.fault!]
    const firm = gone * FIRMNESS[Math.min(way.failures, FIRMNESS.length) - 1]!
    const both = other ? Math.min(0.95, firm + 0.1) : firm
    const confidence = Math.round((isLineSuspect ? both * SUSPECT_SHARE : both) * 100) / 100
    return { status: 'offline', cause: word, confidence, since: this.#lifeAt ?? this.#begunAt }
  }

  /** There, with a way that fails; an alarm of its own stands meanwhile as long as nothing says that it is over. */
  #limping(way: WayState, name: Way, event: StandingEvent | null): CameraVerdict {
    if (event && event.status !== 'online') return { ...event, confidence: event.confidence / 2 }
    return { status: 'online', cause: wordOf(way.fault!, name), confidence: THERE_CONFIDENCE, since: way.since }
  }

  #alive(now: Millis): void {
    this.#lifeAt = now
    this.#onlineSince ??= now
  }
}

/** `authentication-failed` wherever it is; `onvif-hung`, `rtsp-refused`; `no-picture` for whatever reason. */
function wordOf(fault: CameraFaultCode, way: Way): string {
  const { word } = FAULTS[fault]
  if (fault === 'camera-denied' || fault === 'camera-busy') return word
  if (way === 'picture') return 'no-picture'
  return `${way}-${word}`
}
