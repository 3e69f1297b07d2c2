/**
 * From Sparkplug messages to committed rows and their acknowledgement. Messages are decoded and checked as they come and
 * wait in a batch; `flush` commits the batch (rows, refusals and acknowledged ranges in one transaction) and only then
 * are rows acknowledged and handed on. Time is an argument; `flush` and `tick` are called by the shell.
 */
import { ProtocolError } from '@minewarden/protocol/errors.ts'
import type { GatewayId, SensorId } from '@minewarden/protocol/ids.ts'
import { PICTURE_REQUEST_METRIC, type PictureRequest } from '@minewarden/protocol/picture.ts'
import { RELEARN_METRIC, type RelearnRequest } from '@minewarden/protocol/scene.ts'
import {
  HOST_SESSION_DEFAULTS,
  type HostAction,
  type HostSessionOptions,
} from '@minewarden/protocol/sparkplug/host-session.ts'
import type { WaveformRequest } from '@minewarden/protocol/spool.ts'
import type { Instant, Millis } from '@minewarden/protocol/time.ts'
import { parseTopic, type SparkplugTopic } from '@minewarden/protocol/topics.ts'
import { MAX_PENDING_ROWS } from './back-pressure.ts'
import {
  type Birth,
  LayoutShelf,
  type NodeBirth,
  readEnvelope,
  readNodeBirth,
  readNodeDeath,
  readSensorBirth,
} from './born-layout.ts'
import { GatewayIngest } from './gateway-ingest.ts'
import { emptyCounts, type IngestCounts } from './ingest-counts.ts'
import { IngestReplies, type RepliesDeps } from './ingest-replies.ts'
import type { Journal, JournalEntry, QuarantinedMessage } from './journal-port.ts'
import type { JournalRow } from './ports.ts'
import { SparingLog } from './sparing-log.ts'

export interface IngestDeps extends Omit<RepliesDeps, 'pendingRows'> {
  readonly journal: Journal
  /** Rows that were just committed. */
  readonly onRows: (rows: readonly JournalRow[]) => void
  /** A gateway's or a sensor's birth with the states it declares. */
  readonly onBirth: (gateway: GatewayId, birth: Birth) => void
}

export interface IngestOptions {
  readonly gateways: readonly { readonly id: GatewayId; readonly group: string }[]
  readonly session?: HostSessionOptions
}

/** Refusals waiting for the transaction; more are counted only. */
const MAX_PENDING_QUARANTINED = 1_000
/** A refusal is logged at most this often for each gateway; all are counted. */
const LOG_EACH_MS: Millis = 10_000

export class Ingest {
  readonly counts: IngestCounts = emptyCounts()
  readonly #deps: IngestDeps
  readonly #gateways = new Map<string, GatewayIngest>()
  readonly #shelf = new LayoutShelf()
  readonly #log: SparingLog
  readonly #replies: IngestReplies
  /** Gateways whose ledger has something that the next transaction has to write. */
  readonly #touched = new Set<GatewayIngest>()
  #entries: JournalEntry[] = []
  #quarantined: QuarantinedMessage[] = []

  constructor(deps: IngestDeps, { gateways, session = HOST_SESSION_DEFAULTS }: IngestOptions) {
    this.#deps = deps
    this.#log = new SparingLog(deps.logger, LOG_EACH_MS)
    this.#replies = new IngestReplies({ ...deps, pendingRows: () => this.#entries.length }, this.counts)
    for (const { id, group } of gateways)
      this.#gateways.set(id, new GatewayIngest(id, group, deps.journal.epochsOf(id), session))
  }

  /** How much waits for `flush`: rows, refusals, gateways whose epoch changed. */
  get pending(): number {
    return this.#entries.length + this.#quarantined.length + this.#touched.size
  }

  /** The host is connected, for the first time or again: what it missed meanwhile nobody will repeat. */
  hostReturned(at: Instant): void {
    for (const { session } of this.#gateways.values()) session.hostReturned(at)
  }

  /** The host has been online for a while: gateways that have not been born by themselves within the grace are asked to be. */
  askForBirths(at: Instant): void {
    for (const gateway of this.#gateways.values()) this.#replies.act(gateway, gateway.session.hostStarted(at), at)
  }

  isOnline(gateway: GatewayId): boolean {
    return this.#gateways.get(gateway)?.session.online ?? false
  }

  /** Asks a gateway for raw waveform, if it is online: its answer comes as rows like any other. */
  requestWaveform(id: GatewayId, request: WaveformRequest, at: Instant): void {
    const gateway = this.#gateways.get(id)
    if (gateway?.session.online) this.#replies.requestWaveform(gateway, request, at)
  }

  /** Whether a sensor is there and gives pictures. */
  givesPictures(id: GatewayId, sensor: SensorId): boolean {
    return this.#takes(id, sensor, PICTURE_REQUEST_METRIC)
  }

  /** Whether a sensor is there and can learn its scene anew. */
  learnsScene(id: GatewayId, sensor: SensorId): boolean {
    return this.#takes(id, sensor, RELEARN_METRIC)
  }

  /** Tells a camera probe's gateway to learn anew what it sees, if it does: the sensor's state tells that it did. */
  requestRelearning(id: GatewayId, sensor: SensorId, request: RelearnRequest, at: Instant): void {
    const gateway = this.#gateways.get(id)
    if (gateway && this.learnsScene(id, sensor)) this.#replies.requestRelearning(gateway, sensor, request, at)
  }

  /** Asks a camera probe for a picture, if it gives any: its answer comes as rows like any other. */
  requestPicture(id: GatewayId, sensor: SensorId, request: PictureRequest, at: Instant): void {
    const gateway = this.#gateways.get(id)
    if (gateway && this.givesPictures(id, sensor)) this.#replies.requestPicture(gateway, sensor, request, at)
  }

  /** A message of the Sparkplug namespace. Never throws for what a gateway sent. */
  receive(topic: string, payload: Uint8Array, at: Instant): void {
    this.counts.messages++
    const parsed = this.#parse(topic, at)
    if (!parsed || parsed.kind === 'state' || parsed.type === 'NCMD' || parsed.type === 'DCMD') return
    const gateway = this.#gateways.get(parsed.node)
    if (!gateway || gateway.group !== parsed.group) {
      this.counts.unknownGateway++
      this.#complain(parsed.node, 'a gateway that is not registered', at)
      return
    }
    try {
      this.#dispatch(gateway, parsed, topic, payload, at)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.counts.undecodable++
      this.#quarantine(gateway, topic, payload, null, error.message, at)
    }
  }

  /** Commits what waits, acknowledges it, hands it on. A disk that refuses leaves the rows with the gateways. */
  flush(at: Instant): void {
    if (this.pending === 0) return
    const touched = [...this.#touched]
    const [entries, quarantined] = [this.#entries, this.#quarantined]
    this.#touched.clear()
    this.#entries = []
    this.#quarantined = []
    const epochs = touched.map(({ id, ledger }) => ({
      gateway: id,
      saved: ledger.unsaved(),
      forgotten: ledger.forgotten(),
    }))
    let rows: readonly JournalRow[]
    try {
      rows = this.#deps.journal.commit({ entries, quarantined, epochs })
    } catch (error) {
      for (const { ledger } of touched) ledger.rolledBack()
      this.counts.failedCommits++
      this.#replies.journalRefused(error, at)
      return
    }
    this.#committed(touched, [...entries, ...quarantined], at)
    this.counts.rows += rows.length
    if (rows.length > 0) this.#deps.onRows(rows)
  }

  /** Timeouts, owed rebirth requests and acknowledgements; to be called a few times a second. */
  tick(at: Instant): void {
    for (const gateway of this.#gateways.values()) this.#replies.act(gateway, gateway.session.tick(at), at)
    this.#replies.acknowledge(this.#gateways.values(), at)
  }

  #takes(id: GatewayId, sensor: SensorId, metric: string): boolean {
    const gateway = this.#gateways.get(id)
    return (gateway?.session.online && gateway.takes(metric, sensor)) ?? false
  }

  #parse(topic: string, at: Instant): SparkplugTopic | null {
    try {
      return parseTopic(topic)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.counts.badTopic++
      this.#complain('', error.message, at)
      return null
    }
  }

  #dispatch(
    gateway: GatewayIngest,
    topic: Exclude<SparkplugTopic, { kind: 'state' }>,
    raw: string,
    payload: Uint8Array,
    at: Instant,
  ): void {
    const { session } = gateway
    switch (topic.type) {
      case 'NBIRTH':
        this.#nodeBirth(gateway, readNodeBirth(payload, this.#shelf), at)
        break
      case 'DBIRTH':
        this.#sensorBirth(gateway, topic.device, readSensorBirth(payload, topic.device, this.#shelf), at)
        break
      case 'NDATA':
        this.#data(gateway, null, raw, payload, at)
        break
      case 'DDATA':
        this.#data(gateway, topic.device, raw, payload, at)
        break
      case 'DDEATH':
        this.#replies.act(gateway, session.deviceDeath(topic.device, readEnvelope(payload), at), at)
        break
      case 'NDEATH':
        this.#replies.act(gateway, session.nodeDeath(readNodeDeath(payload), at), at)
    }
  }

  #nodeBirth(gateway: GatewayIngest, birth: NodeBirth, at: Instant): void {
    gateway.born(birth, at)
    this.#touched.add(gateway)
    this.#replies.act(gateway, gateway.session.nodeBirth({ ...birth, layout: birth.born }, at), at)
    this.#deps.onBirth(gateway.id, birth)
  }

  #sensorBirth(gateway: GatewayIngest, device: string, birth: Birth, at: Instant): void {
    gateway.shows(birth.born, at)
    const actions = gateway.session.deviceBirth(device, { ...birth, layout: birth.born }, at)
    this.#replies.act(gateway, actions, at)
    if (!isIgnored(actions)) this.#deps.onBirth(gateway.id, birth)
  }

  #data(gateway: GatewayIngest, device: string | null, topic: string, payload: Uint8Array, at: Instant): void {
    const actions = gateway.session.data(device, readEnvelope(payload), at)
    this.#replies.act(gateway, actions, at)
    if (isIgnored(actions)) return
    const born = gateway.session.layoutOf(device)
    if (!born || gateway.epoch === null) return
    if (this.#entries.length >= MAX_PENDING_ROWS) {
      this.counts.overflow++
      return
    }
    const decoded = gateway.decode(born, payload)
    if (decoded.kind === 'puzzle') this.#replies.act(gateway, gateway.session.unknownMetric(at), at)
    else if (decoded.kind === 'refused') this.#refuse(gateway, decoded, topic, payload, at)
    else if (this.#admit(gateway, gateway.ledger.admit(gateway.epoch, decoded.row.sequence)))
      this.#entries.push({
        ...decoded.row,
        gateway: gateway.id,
        epoch: gateway.epoch,
        receivedAt: at,
        layout: born.stored,
        payload,
      })
  }

  #refuse(
    gateway: GatewayIngest,
    { sequence, reason }: { readonly sequence: number | null; readonly reason: string },
    topic: string,
    payload: Uint8Array,
    at: Instant,
  ): void {
    if (sequence === null || gateway.epoch === null) this.counts.undecodable++
    else if (this.#admit(gateway, gateway.ledger.reject(gateway.epoch, sequence))) this.counts.rejected++
    else return
    this.#quarantine(gateway, topic, payload, sequence, reason, at)
  }

  /** Whether the row is to be taken; keeps count of why not. */
  #admit(gateway: GatewayIngest, admission: 'new' | 'duplicate' | 'pending' | 'full'): boolean {
    if (admission === 'new') this.#touched.add(gateway)
    else if (admission === 'full') this.counts.postponed++
    else this.counts.duplicates++
    if (admission === 'duplicate') gateway.timer.repeat()
    return admission === 'new'
  }

  #quarantine(
    gateway: GatewayIngest,
    topic: string,
    payload: Uint8Array,
    sequence: number | null,
    reason: string,
    receivedAt: Instant,
  ): void {
    this.#complain(gateway.id, reason, receivedAt)
    if (this.#quarantined.length >= MAX_PENDING_QUARANTINED) return
    this.#quarantined.push({ gateway: gateway.id, epoch: gateway.epoch, sequence, receivedAt, topic, reason, payload })
  }

  #committed(
    touched: readonly GatewayIngest[],
    settled: readonly (JournalEntry | QuarantinedMessage)[],
    at: Instant,
  ): void {
    this.counts.commits++
    for (const { gateway, sequence } of settled) if (sequence !== null) this.#gateways.get(gateway)?.timer.committed(1)
    for (const { ledger } of touched) ledger.committed()
    this.#replies.journalTook()
    this.#replies.acknowledge(touched, at)
  }

  /** Names that strangers choose are not remembered: one stranger stands for all. */
  #complain(gateway: string, reason: string, at: Instant): void {
    const key = this.#gateways.has(gateway) ? gateway : ''
    this.#log.warn(key, at, { gateway: gateway.slice(0, 64), reason }, 'a message could not be used')
  }
}

const isIgnored = (actions: readonly HostAction[]): boolean => actions.some(({ kind }) => kind === 'ignored')
