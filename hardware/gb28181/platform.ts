/**
 * The upper platform of GB/T 28181, without media: registrations, keepalives, alarms and answers in; what follows for
 * each probe out. It does no I/O and owns no timer: messages and moments (monotonic) are arguments.
 * @see GB/T 28181-2016 sections 8.3, 9.1, 9.4, 9.5, 9.6
 */
import { randomBytes } from 'node:crypto'
import type { SensorId } from '@minewarden/protocol/ids.ts'
import type { Millis, Timekeeper } from '@minewarden/protocol/time.ts'
import type { DeviceState, ProbeReading } from '../contract.ts'
import type { Addressed } from '../line/shared-device.ts'
import { meaningOf } from './alarm.ts'
import { type Asked, answerTo, branchOf, replyPeer, understand } from './answer.ts'
import { DeviceRecord, type ProbeRecord, type Verdict } from './device.ts'
import { parseDeviceTime, writeDate } from './device-time.ts'
import { type Manscdp, readManscdp, writeAlarmTaken, writeQuery } from './manscdp.ts'
import { hostPort, type Peer } from './peer.ts'
import { type Question, Questions } from './questions.ts'
import { DigestGuard } from './sip/digest.ts'
import { expiresOf, parseDigest } from './sip/fields.ts'
import { header, type SipHeader, type SipMessage, type SipRequest, serialise } from './sip/message.ts'
import { GivenAnswers, OwnRequests } from './sip/transactions.ts'
import { Strangers } from './strangers.ts'

export interface PlatformDevice {
  readonly id: string
  /** Of user, realm and password. */
  readonly hashed: string
  readonly probes: readonly { readonly sensor: SensorId; readonly channel: string }[]
}

export interface PlatformOptions {
  readonly platform: string
  readonly realm: string
  readonly devices: readonly PlatformDevice[]
  readonly keepaliveMs: Millis
  readonly statusMs: Millis
  readonly alarmHoldMs: Millis
}

export interface PlatformDeps {
  readonly clock: Pick<Timekeeper, 'stamp'>
  readonly random: () => number
  /** Unpredictable: the seal of nonces. */
  readonly secret: Uint8Array
  /** False when there is no way to that peer any more. */
  readonly send: (peer: Peer, bytes: Uint8Array) => boolean
  readonly emit: (told: Addressed) => void
}

/** What came that was of no use, since the start. */
export interface PlatformCounts {
  malformed: number
  unknownDevices: number
  wrongPasswords: number
  replays: number
  notRegistered: number
  badBodies: number
  strangeAnswers: number
  unansweredRequests: number
  otherAlarms: number
}

const LONGEST_REGISTRATION_S = 86_400
const USUAL_REGISTRATION_S = 3_600
const ALLOWED = 'REGISTER, MESSAGE, OPTIONS'
/** So many undecodable bodies in a row: a wrong setting, not a damaged one. */
const BAD_IN_A_ROW = 3
/** A camera's clock is told again when it moved so far: its own word has a resolution of a second. */
const OFFSET_STEP_S = 2
/** So many devices, and half of all, that fall silent together: rather the way to them than they. */
const SUSPECT_DEVICES = 3

interface Member {
  readonly record: DeviceRecord
  readonly hashed: string
  /** What was reported last of each probe, and since when it is so. */
  readonly reported: Map<ProbeRecord, { readonly verdict: Verdict; readonly from: Millis }>
  peer: Peer | null
  badBodies: number
  /** What was told of the device itself; empty: that it is well, or nothing. */
  trouble: string
  toldOffsetS: number | null
}

export class Platform {
  readonly counts: PlatformCounts = {
    malformed: 0,
    unknownDevices: 0,
    wrongPasswords: 0,
    replays: 0,
    notRegistered: 0,
    badBodies: 0,
    strangeAnswers: 0,
    unansweredRequests: 0,
    otherAlarms: 0,
  }
  /** Who tried to register and is not configured. */
  readonly strangers = new Strangers()
  readonly #deps: PlatformDeps
  readonly #options: PlatformOptions
  readonly #members: ReadonlyMap<string, Member>
  /** The device behind each channel: some recorders send in the name of a channel. */
  readonly #owners = new Map<string, Member>()
  readonly #guard: DigestGuard
  readonly #answers = new GivenAnswers()
  readonly #requests = new OwnRequests<Peer>()
  readonly #questions: Questions
  #isLineSuspect = false

  constructor(deps: PlatformDeps, options: PlatformOptions, now: Millis) {
    this.#deps = deps
    this.#options = options
    this.#guard = new DigestGuard(options.realm, deps.secret)
    this.#members = new Map(options.devices.map((device) => [device.id, member(device, options, now)]))
    for (const each of this.#members.values())
      for (const { channel } of each.record.probes) this.#owners.set(channel, each)
    const devices = options.devices.map(({ id, probes }) => ({ id, channels: probes.map(({ channel }) => channel) }))
    this.#questions = new Questions({ periodMs: options.statusMs, devices }, deps.random)
  }

  receive(message: SipMessage, peer: Peer, now: Millis): void {
    if (message.kind === 'response') {
      this.#requests.answered(branchOf(message), message.status, now)
      return
    }
    // Nothing we answer without a dialogue is ever acknowledged.
    if (message.method === 'ACK') return
    const asked = understand(message, peer)
    if (!asked) {
      this.counts.malformed += 1
      return
    }
    const given = this.#answers.find(asked.transaction, now)
    if (given) this.#deps.send(replyPeer(asked), given)
    else if (message.method === 'REGISTER') this.#register(asked, now)
    else if (message.method === 'MESSAGE') this.#message(asked, now)
    else this.#answer(asked, message.method === 'OPTIONS' ? 200 : 405, now, [['allow', ALLOWED]])
  }

  /** To be called a few times a second. */
  tick(now: Millis): void {
    const { again, givenUp } = this.#requests.due(now)
    for (const { peer, bytes } of again) this.#deps.send(peer, bytes)
    this.counts.unansweredRequests += givenUp.length
    this.#ask(now)
    this.#judgeLine(now)
    for (const each of this.#members.values()) this.#tell(each, now)
  }

  #register(asked: Asked, now: Millis): void {
    const { request, peer, to } = asked
    const each = this.#members.get(to.user)
    if (!each) {
      this.counts.unknownDevices += 1
      this.strangers.add(to.user, peer.host)
      this.#answer(asked, 404, now)
      return
    }
    const parameters = parseDigest(header(request, 'authorization') ?? '')
    if (!parameters) {
      this.#challenge(asked, to.user, false, now)
      return
    }
    const credentials = { device: to.user, hashed: each.hashed, host: peer.host, method: 'REGISTER', parameters }
    const verdict = this.#guard.check(credentials, now)
    if (verdict === 'replayed') this.counts.replays += 1
    if (verdict === 'stale' || verdict === 'replayed') {
      this.#challenge(asked, to.user, true, now)
      return
    }
    if (verdict === 'malformed') {
      this.#answer(asked, 400, now)
      return
    }
    if (verdict === 'wrong') {
      this.counts.wrongPasswords += 1
      if (!each.record.isRegistered(now))
        this.#trouble(each, `device-refused: ${to.user} at ${peer.host}: wrong password, user or realm`, now)
      this.#answer(asked, 403, now)
      return
    }
    this.#registered(asked, each, now)
  }

  #registered(asked: Asked, each: Member, now: Millis): void {
    const { request, peer } = asked
    const contact = header(request, 'contact')
    const wanted = expiresOf(header(request, 'expires'), contact) ?? USUAL_REGISTRATION_S
    const expiresS = Math.min(wanted, LONGEST_REGISTRATION_S)
    if (expiresS === 0) {
      each.record.unregistered(now)
      each.peer = null
    } else {
      const wasPresent = each.record.isPresent(now)
      each.record.registered(expiresS, now)
      each.peer = peer
      each.badBodies = 0
      this.#trouble(each, '', now)
      if (!wasPresent) this.#questions.registered(each.record.id, now)
    }
    const { at, quality } = this.#deps.clock.stamp(now)
    const date: SipHeader[] = quality === 'unsynchronised' ? [] : [['date', writeDate(at)]]
    const bound: SipHeader[] = contact && expiresS > 0 ? [['contact', contact]] : []
    this.#answer(asked, 200, now, [...bound, ['expires', String(expiresS)], ...date])
    this.#tell(each, now)
  }

  #message(asked: Asked, now: Millis): void {
    const { request, peer, from } = asked
    const each = this.#members.get(from.user) ?? this.#owners.get(from.user)
    if (!each) {
      this.counts.unknownDevices += 1
      this.strangers.add(from.user, peer.host)
      this.#answer(asked, 404, now)
      return
    }
    // Messages carry no password: only from where the device registered are they taken. 403 makes it register anew.
    if (!each.record.isRegistered(now) || each.peer?.host !== peer.host) {
      this.counts.notRegistered += 1
      this.#answer(asked, 403, now)
      return
    }
    if (!/xml/i.test(header(request, 'content-type') ?? '')) {
      this.#answer(asked, 415, now)
      return
    }
    const read = readManscdp(request.body)
    if (read.kind === 'bad') {
      this.#badBody(asked, each, read.reason, now)
      return
    }
    each.badBodies = 0
    each.peer = peer
    this.#trouble(each, '', now)
    this.#answer(asked, 200, now)
    this.#take(each, read, now)
    this.#tell(each, now)
  }

  #take(each: Member, read: Exclude<Manscdp, { kind: 'bad' }>, now: Millis): void {
    const { record } = each
    if (read.kind === 'keepalive') record.keepalive(read, now)
    else if (read.kind === 'alarm') {
      const meaning = meaningOf(read)
      if (!meaning || !record.alarm(read, meaning, now)) this.counts.otherAlarms += 1
      record.heard(now)
      this.#request(each, read.device, writeAlarmTaken(read.sn, read.device), now)
    } else if (read.kind === 'catalog') {
      const isLast = read.total === null || read.items.length >= read.total
      if (this.#isAnswer(record, 'Catalog', read, isLast, now) !== null) record.catalog(read, now)
    } else if (read.kind === 'status') {
      const tookMs = this.#isAnswer(record, 'DeviceStatus', read, true, now)
      if (tookMs === null) return
      record.status(read, now)
      if (read.time !== null) this.#compareClock(record, read.time, tookMs, now)
    } else record.heard(now)
  }

  #isAnswer(
    { id }: DeviceRecord,
    command: Question['command'],
    read: { readonly sn: string; readonly device: string },
    isLast: boolean,
    now: Millis,
  ): Millis | null {
    const tookMs = this.#questions.answered({ command, device: id, about: read.device }, read.sn, isLast, now)
    if (tookMs === null) this.counts.strangeAnswers += 1
    return tookMs
  }

  /** Its clock, read somewhere between question and answer. */
  #compareClock(record: DeviceRecord, time: string, tookMs: Millis, now: Millis): void {
    const theirs = parseDeviceTime(time)
    const { at, quality } = this.#deps.clock.stamp(now - tookMs / 2)
    if (theirs === null || quality === 'unsynchronised') return
    record.clockOffsetS = Math.round((theirs - at) / 100) / 10
  }

  #badBody(asked: Asked, each: Member, reason: string, now: Millis): void {
    this.counts.badBodies += 1
    each.badBodies += 1
    if (each.badBodies >= BAD_IN_A_ROW)
      this.#trouble(each, `line-garbled: ${each.record.id} sends what nobody understands: ${reason}`, now)
    this.#answer(asked, 400, now)
  }

  #ask(now: Millis): void {
    for (;;) {
      const next = this.#questions.next((id) => this.#members.get(id)?.record.isPresent(now) ?? false, now)
      const each = next && this.#members.get(next.question.device)
      if (!next || !each) return
      const { command, about } = next.question
      this.#request(each, about, writeQuery(command, next.sn, about), now)
    }
  }

  #request(each: Member, about: string, body: Uint8Array, now: Millis): void {
    const { peer } = each
    if (!peer) return
    const { platform, realm } = this.#options
    const branch = `z9hG4bK${token()}`
    const own = hostPort(peer.localHost, peer.localPort)
    const headers: SipHeader[] = [
      ['via', `SIP/2.0/${peer.transport} ${own};rport;branch=${branch}`],
      ['from', `<sip:${platform}@${realm}>;tag=${token()}`],
      ['to', `<sip:${about}@${realm}>`],
      ['call-id', `${token()}@${peer.localHost}`],
      ['cseq', '1 MESSAGE'],
      ['max-forwards', '70'],
      ['content-type', 'Application/MANSCDP+xml'],
    ]
    const uri = `sip:${about}@${hostPort(peer.host, peer.port)}`
    const request: SipRequest = { kind: 'request', method: 'MESSAGE', uri, headers, body }
    const bytes = serialise(request)
    if (this.#requests.begin(branch, peer, bytes, peer.transport === 'TCP', now)) this.#deps.send(peer, bytes)
  }

  #challenge(asked: Asked, device: string, isStale: boolean, now: Millis): void {
    const challenge = this.#guard.challenge(device, asked.peer.host, isStale, now)
    this.#answer(asked, 401, now, [['www-authenticate', challenge]])
  }

  #answer(asked: Asked, status: number, now: Millis, more: readonly SipHeader[] = []): void {
    const bytes = serialise(answerTo(asked, status, token(), more))
    this.#answers.keep(asked.transaction, bytes, now)
    this.#deps.send(replyPeer(asked), bytes)
  }

  #judgeLine(now: Millis): void {
    let registered = 0
    let overdue = 0
    for (const { record } of this.#members.values()) {
      if (!record.isRegistered(now)) continue
      registered += 1
      if (record.isOverdue(now)) overdue += 1
    }
    this.#isLineSuspect = overdue >= SUSPECT_DEVICES && overdue * 2 >= registered
  }

  #tell(each: Member, now: Millis): void {
    const { record } = each
    const { clockOffsetS } = record
    const isOffsetNew =
      clockOffsetS !== null && (each.toldOffsetS === null || Math.abs(clockOffsetS - each.toldOffsetS) >= OFFSET_STEP_S)
    if (isOffsetNew) each.toldOffsetS = clockOffsetS
    for (const probe of record.probes) {
      const verdict = record.verdict(probe, this.#isLineSuspect, now)
      if (!verdict) continue
      const before = each.reported.get(probe)
      const isNews = !before || !isSame(before.verdict, verdict)
      if (!isNews && !isOffsetNew) continue
      const from = before && isSameState(before.verdict, verdict) ? before.from : now
      each.reported.set(probe, { verdict, from })
      const { at, quality, errorMs } = this.#deps.clock.stamp(now)
      const since = verdict.cause === null ? from : verdict.since
      const measurement: ProbeReading = {
        kind: 'probe',
        at,
        clock: quality,
        ...(errorMs !== null && { clockErrorMs: errorMs }),
        status: verdict.status,
        sinceMs: this.#deps.clock.stamp(since).at,
        cause: verdict.cause,
        confidence: verdict.confidence,
        clockOffsetS,
      }
      this.#deps.emit({ sensor: probe.sensor, measurement })
    }
  }

  /** A device that is there and cannot be understood or let in; empty: it is well. Told when it changes. */
  #trouble(each: Member, reason: string, now: Millis): void {
    if (each.trouble === reason) return
    each.trouble = reason
    const { at, quality, errorMs } = this.#deps.clock.stamp(now)
    const state: DeviceState = {
      kind: 'device',
      at,
      clock: quality,
      ...(errorMs !== null && { clockErrorMs: errorMs }),
      state: reason === '' ? 'ok' : 'bad-data',
      reason,
    }
    for (const { sensor } of each.record.probes) this.#deps.emit({ sensor, measurement: state })
  }
}

function member({ id, hashed, probes }: PlatformDevice, options: PlatformOptions, now: Millis): Member {
  const { keepaliveMs, alarmHoldMs } = options
  const record = new DeviceRecord({ id, probes, keepaliveMs, alarmHoldMs }, now)
  return { record, hashed, reported: new Map(), peer: null, badBodies: 0, trouble: '', toldOffsetS: null }
}

const isSameState = (one: Verdict, other: Verdict): boolean => one.status === other.status && one.cause === other.cause
const isSame = (one: Verdict, other: Verdict): boolean => isSameState(one, other) && one.confidence === other.confidence

/** Tags, branches and Call-IDs must not be guessed: who knows them can answer in another's name. */
const token = () => randomBytes(12).toString('hex')
