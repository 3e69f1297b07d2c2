/** What the ingest says back to gateways: acknowledgements with their window, and requests for a birth. */
import type { GatewayId } from '@minewarden/protocol/ids.ts'
import type { PictureRequest } from '@minewarden/protocol/picture.ts'
import type { RelearnRequest } from '@minewarden/protocol/scene.ts'
import type { HostAction } from '@minewarden/protocol/sparkplug/host-session.ts'
import type { WaveformRequest } from '@minewarden/protocol/spool.ts'
import type { Instant, Millis } from '@minewarden/protocol/time.ts'
import { deviceTopic, nodeTopic } from '@minewarden/protocol/topics.ts'
import { windowFor } from './back-pressure.ts'
import {
  type AliasOf,
  acknowledgementCommand,
  pictureCommand,
  rebirthCommand,
  relearnCommand,
  waveformCommand,
} from './gateway-commands.ts'
import type { GatewayIngest } from './gateway-ingest.ts'
import type { IngestCounts } from './ingest-counts.ts'
import type { Journal } from './journal-port.ts'
import type { Logger } from './ports.ts'

/** A journal that refused is tried again after this. */
const RETRY_AFTER_MS: Millis = 5_000

export interface RepliesDeps {
  readonly journal: Pick<Journal, 'freeDiskBytes'>
  /** Towards the gateways: QoS 0, not retained. */
  readonly send: (topic: string, payload: Uint8Array) => void
  /** A gateway or one of its sensors came or went. */
  readonly onPresence: (gateway: GatewayId, action: HostAction) => void
  /** How far the slowest consumer is behind. */
  readonly consumerLagRows: () => number
  /** Rows that wait for the next transaction. */
  readonly pendingRows: () => number
  readonly logger: Logger
}

export class IngestReplies {
  readonly #deps: RepliesDeps
  readonly #counts: IngestCounts
  /** Gateways that are online now. */
  #online = 0
  /** The journal refused the last batch. */
  #refusedAt: Instant | null = null

  constructor(deps: RepliesDeps, counts: IngestCounts) {
    this.#deps = deps
    this.#counts = counts
  }

  /** Carries out what a session asks for. */
  act(gateway: GatewayIngest, actions: readonly HostAction[], at: Instant): void {
    for (const action of actions) {
      if (action.kind === 'ignored') this.#counts.ignored++
      else if (action.kind === 'request-rebirth') {
        this.#counts.rebirthRequests++
        this.#deps.logger.info({ gateway: gateway.id, reason: action.reason }, 'asked a gateway for its birth')
        this.#send(gateway, rebirthCommand(at))
      } else {
        if (action.kind === 'node-online') this.#online++
        if (action.kind === 'node-offline') this.#online--
        this.#deps.onPresence(gateway.id, action)
      }
    }
  }

  /** Tells each of these gateways what is committed, if it is time to. */
  acknowledge(gateways: Iterable<GatewayIngest>, at: Instant): void {
    const window = this.#window(at)
    for (const gateway of gateways) {
      if (!gateway.session.online || !gateway.timer.take(at, window)) continue
      const acknowledgement = gateway.ledger.acknowledgement(window)
      if (!acknowledgement) continue
      this.#send(gateway, acknowledgementCommand(acknowledgement, { at, aliasOf: aliasesOf(gateway) }))
    }
  }

  requestWaveform(gateway: GatewayIngest, request: WaveformRequest, at: Instant): void {
    this.#send(gateway, waveformCommand(request, { at, aliasOf: aliasesOf(gateway) }))
  }

  requestPicture(gateway: GatewayIngest, sensor: string, request: PictureRequest, at: Instant): void {
    this.#sendTo(gateway, sensor, pictureCommand(request, { at, aliasOf: aliasesOf(gateway, sensor) }))
  }

  requestRelearning(gateway: GatewayIngest, sensor: string, request: RelearnRequest, at: Instant): void {
    this.#sendTo(gateway, sensor, relearnCommand(request, { at, aliasOf: aliasesOf(gateway, sensor) }))
  }

  /** Until it is tried again, a journal that refuses closes every window. */
  journalRefused(error: unknown, at: Instant): void {
    if (this.#refusedAt === null)
      this.#deps.logger.error({ err: error }, 'the journal refuses rows: gateways keep them')
    this.#refusedAt = at
  }

  journalTook(): void {
    this.#refusedAt = null
  }

  #window(at: Instant): number {
    const { journal, consumerLagRows, pendingRows } = this.#deps
    const since = this.#refusedAt
    if (since !== null && at >= since && at - since < RETRY_AFTER_MS) return 0
    return windowFor({
      onlineGateways: this.#online,
      pendingRows: pendingRows(),
      consumerLagRows: consumerLagRows(),
      freeDiskBytes: journal.freeDiskBytes(),
    })
  }

  #sendTo({ group, id }: GatewayIngest, sensor: string, payload: Uint8Array): void {
    this.#deps.send(deviceTopic('DCMD', group, id, sensor), payload)
  }

  #send({ group, id }: GatewayIngest, payload: Uint8Array): void {
    this.#deps.send(nodeTopic('NCMD', group, id), payload)
  }
}

const aliasesOf =
  (gateway: GatewayIngest, sensor: string | null = null): AliasOf =>
  (metric) =>
    gateway.aliasOf(metric, sensor)
