/**
 * The upper platform of GB/T 28181, without media: registrations, keepalives, alarms and answers in; what follows for
 * each probe out. It does no I/O and owns no timer: messages and moments (monotonic) are arguments.
 * @see GB/T 28181-2016 sections 8.3, 9.1, 9.4, 9.5, 9.6
 */
import type { SensorId } from '@minewarden/protocol/ids.ts'
import type { Millis, Timekeeper } from '@minewarden/protocol/time.ts'
import type { Addressed } from '../line/shared-device.ts'
import { meaningOf } from './alarm.ts'
import { type Asked, answerTo, replyPeer, understand } from './answer.ts'
import { DeviceRecord } from './device.ts'
import { parseDeviceTime, writeDate } from './device-time.ts'
import { type Manscdp, readManscdp, writeAlarmTaken, writeQuery } from './manscdp.ts'
import { OwnMessages } from './own-messages.ts'
import type { Peer } from './peer.ts'
import { ProbeReports } from './probe-reports.ts'
import { type Question, Questions } from './questions.ts'
import { DigestGuard } from './sip/digest.ts'
import { expiresOf, parseDigest } from './sip/fields.ts'
import { header, type SipHeader, type SipMessage, serialise } from './sip/message.ts'
import { GivenAnswers } from './sip/transactions.ts'
import { Strangers } from './strangers.ts'
import { token } from './token.ts'

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
/** So many devices, and half of all, that fall silent together: rather the way to them than they. */
const SUSPECT_DEVICES = 3

interface Member {
  readonly record: DeviceRecord
  readonly hashed: string
  readonly reports: ProbeReports
  peer: Peer | null
  badBodies: number
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
  readonly #own: OwnMessages
  readonly #questions: Questions
  #isLineSuspect = false

  constructor(deps: PlatformDeps, options: PlatformOptions, now: Millis) {
    this.#deps = deps
    this.#options = options
    this.#guard = new DigestGuard(options.realm, deps.secret)
    this.#own = new OwnMessages({ ...options, send: deps.send })
    this.#members = new Map(options.devices.map((device) => [device.id, this.#member(device, now)]))
    for (const each of this.#members.values())
      for (const { channel } of each.record.probes) this.#owners.set(channel, each)
    const devices = options.devices.map(({ id, probes }) => ({ id, channels: probes.map(({ channel }) => channel) }))
    this.#questions = new Questions({ periodMs: options.statusMs, devices }, deps.random)
  }

  #member({ id, hashed, probes }: PlatformDevice, now: Millis): Member {
    const { keepaliveMs, alarmHoldMs } = this.#options
    const record = new DeviceRecord({ id, probes, keepaliveMs, alarmHoldMs }, now)
    return { record, hashed, reports: new ProbeReports(this.#deps, record), peer: null, badBodies: 0 }
  }

  receive(message: SipMessage, peer: Peer, now: Millis): void {
    if (message.kind === 'response') {
      this.#own.answered(message, now)
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
    this.counts.unansweredRequests += this.#own.repeat(now)
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
      if (!each.record.isPresent(now))
        each.reports.trouble(`device-refused: ${to.user} at ${peer.host}: wrong password, user or realm`, now)
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
      each.reports.trouble('', now)
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
    each.reports.trouble('', now)
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
      each.reports.trouble(`line-garbled: ${each.record.id} sends what nobody understands: ${reason}`, now)
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

  #request({ peer }: Member, about: string, body: Uint8Array, now: Millis): void {
    if (peer) this.#own.say(peer, about, body, now)
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

  #tell({ reports }: Member, now: Millis): void {
    reports.tell(this.#isLineSuspect, now)
  }
}
