/** Raw waveform on demand: asks a gateway for a stretch, and finds what it has answered so far in the journal. */
import type { GatewayId, SensorId, UserId } from '@minewarden/protocol/ids.ts'
import type { WaveformRequest } from '@minewarden/protocol/spool.ts'
import type { Clock, Instant } from '@minewarden/protocol/time.ts'
import { CloudError } from '../errors.ts'
import type { Journal } from './journal-port.ts'
import type { Logger } from './ports.ts'

/** A stretch of one channel. */
export interface Stretch {
  readonly gateway: GatewayId
  readonly sensor: SensorId
  /** SEED code. */
  readonly channel: string
  readonly from: Instant
  readonly to: Instant
}

/** What has come of a request. */
export interface WaveformAnswer {
  /** miniSEED, in order of the parts; gaps where parts are still on their way. */
  readonly parts: readonly Uint8Array[]
  /** How many parts the gateway says there are; 0: it has nothing of the stretch; `null`: it has not answered. */
  readonly expected: number | null
}

export interface WaveformsService {
  /**
   * Asks at once, and once: a command may be lost on its way, and is not repeated.
   * @returns the request's id @throws CloudError `gateway-offline`, `journal-unusable`
   */
  ask(stretch: Stretch, by: UserId): string
  /** `null`: no such request. */
  answer(request: string): WaveformAnswer | null
}

export interface WaveformsDeps {
  readonly journal: Pick<Journal, 'remember' | 'waveform'>
  /** Sends the command to a gateway that is online. */
  readonly command: (gateway: GatewayId, request: WaveformRequest, at: Instant) => void
  readonly isOnline: (gateway: GatewayId) => boolean
  readonly newId: () => string
  readonly clock: Pick<Clock, 'now'>
  readonly logger: Logger
}

export function createWaveforms({ journal, command, isOnline, newId, clock, logger }: WaveformsDeps): WaveformsService {
  return {
    ask(stretch, by) {
      const { gateway, sensor, channel, from, to } = stretch
      if (!isOnline(gateway)) throw new CloudError('gateway-offline', `${gateway} is not connected`)
      const request = newId()
      const askedAt = clock.now()
      // First remembered: the answer may come before the next line.
      journal.remember({ ...stretch, request, askedAt })
      command(gateway, { request, sensor, channel, fromMs: from, toMs: to }, askedAt)
      logger.info({ request, by, ...stretch }, 'asked a gateway for raw waveform')
      return request
    },
    answer(request) {
      const found = journal.waveform(request)
      if (!found) return null
      const answers = found.rows.flatMap(({ reading }) => (reading.kind === 'waveform' ? [reading.fields] : []))
      return {
        parts: answers.flatMap(({ data }) => (data === null ? [] : [data])),
        expected: answers[0]?.parts ?? null,
      }
    },
  }
}
