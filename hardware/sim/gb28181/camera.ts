/**
 * A camera or recorder that registers at a platform, as GB/T 28181 says it should, and misbehaves as real ones do. Written
 * from the standard without the platform's codec: a mistake in that is not made twice.
 * @see GB/T 28181-2016 annexes A and J
 */
import { createHash, randomBytes } from 'node:crypto'
import type { Millis } from '@minewarden/protocol/time.ts'
import type { CameraWire } from './wire.ts'

export interface CameraFaults {
  /** Another password than the platform's. */
  readonly password?: string
  /** Documents say that they are GB2312 and are UTF-8 (`mislabelled`), or are neither (`garbage`). */
  readonly bodies?: 'mislabelled' | 'garbage'
  /** Its clock minus the true one. */
  readonly clockOffsetS?: number
  /** Registers and takes questions, and never answers them. */
  readonly isMute?: boolean
  /** Lets its registration run out. */
  readonly isForgetful?: boolean
  /** So many keepalives at each tick. */
  readonly flood?: number
}

export interface CameraOptions {
  readonly id: string
  /** Its channels; itself by default. */
  readonly channels?: readonly string[]
  readonly platform: string
  readonly realm: string
  readonly password: string
  readonly keepaliveMs: Millis
  readonly expiresS?: number
}

export interface CameraDeps {
  readonly wire: CameraWire
  /** True UTC, in milliseconds. */
  readonly now: () => number
}

type Fields = ReadonlyMap<string, string>
const md5 = (text: string) => createHash('md5').update(text).digest('hex')
const BEIJING_MS = 8 * 3_600_000
/** A registration that is not answered is tried again after this. */
const REGISTER_AGAIN_MS: Millis = 1_000

export class SimulatedCamera {
  readonly id: string
  /** Status codes of the answers to what it sent, newest last; the last hundred. */
  readonly answers: number[] = []
  /** Questions and orders that came: `DeviceStatus`, `Catalog`, `Alarm`; the last hundred. */
  readonly asked: string[] = []
  /** Channels that it says are faulty, and those that are off. */
  readonly faulty = new Set<string>()
  readonly off = new Set<string>()
  faults: CameraFaults = {}
  isRegistered = false
  readonly #options: CameraOptions
  readonly #deps: CameraDeps
  #callId = token()
  #fromTag = token()
  #cseq = 0
  #sn = 0
  #expiresS = 0
  #isOn = false
  #registerAt = 0
  #keepaliveAt = 0
  #renewAt = 0

  constructor(deps: CameraDeps, options: CameraOptions) {
    this.id = options.id
    this.#deps = deps
    this.#options = options
    deps.wire.onMessage((text) => this.#receive(text))
  }

  /** Powers it up: it begins to register at the next {@link tick}. */
  boot(firstMs: Millis = 0): void {
    this.#isOn = true
    this.isRegistered = false
    this.#expiresS = this.#options.expiresS ?? 3_600
    this.#callId = token()
    this.#fromTag = token()
    this.#registerAt = this.#deps.now() + firstMs
  }

  /** Pulls the plug: not a word any more. */
  kill(): void {
    this.#isOn = false
    this.isRegistered = false
  }

  /** Begins anew without a word: its plug was pulled for a moment, or its software fell over. */
  reboot(): void {
    this.kill()
    this.boot()
  }

  /** Says goodbye, as before a shutdown in order. */
  unregister(): void {
    this.#expiresS = 0
    this.#register(null)
  }

  /** To be called several times a keepalive. */
  tick(): void {
    if (!this.#isOn) return
    for (let i = 0; i < (this.faults.flood ?? 0); i++) this.keepalive()
    const now = this.#deps.now()
    if (!this.isRegistered && now >= this.#registerAt) {
      this.#registerAt = now + REGISTER_AGAIN_MS
      this.#register(null)
    } else if (this.isRegistered && now >= this.#renewAt && !this.faults.isForgetful) {
      this.#renewAt = now + REGISTER_AGAIN_MS
      this.#register(null)
    } else if (this.isRegistered && now >= this.#keepaliveAt) {
      this.#keepaliveAt = Math.max(this.#keepaliveAt + this.#options.keepaliveMs, now)
      this.keepalive()
    }
  }

  keepalive(): void {
    const info = [...this.faulty].map((id) => `<DeviceID>${id}</DeviceID>`).join('')
    this.#document('Notify', 'Keepalive', this.id, `<Status>OK</Status>${info && `<Info>${info}</Info>`}`)
  }

  /** @param type absent: an edition that knows none */
  alarm(method: number, type: number | null, channel = this.id): void {
    const info = type === null ? '' : `<Info><AlarmType>${type}</AlarmType></Info>`
    const time = this.#localTime()
    const more = `<AlarmPriority>1</AlarmPriority><AlarmMethod>${method}</AlarmMethod><AlarmTime>${time}</AlarmTime>`
    this.#document('Notify', 'Alarm', channel, `${more}<AlarmDescription>视频报警</AlarmDescription>${info}`)
  }

  /** Any bytes, as they are. */
  raw(bytes: Uint8Array): void {
    this.#deps.wire.send(bytes)
  }

  #register(authorization: string | null): void {
    this.#cseq += 1
    const { platform, realm } = this.#options
    const uri = `sip:${platform}@${realm}`
    const me = `<sip:${this.id}@${realm}>`
    this.#send([
      `REGISTER ${uri} SIP/2.0`,
      this.#via(),
      `From: ${me};tag=${this.#fromTag}`,
      `To: ${me}`,
      `Call-ID: ${this.#callId}`,
      `CSeq: ${this.#cseq} REGISTER`,
      `Contact: <sip:${this.id}@${this.#deps.wire.local}>`,
      'Max-Forwards: 70',
      `Expires: ${this.#expiresS}`,
      ...(authorization ? [authorization] : []),
    ])
  }

  #document(root: string, command: string, device: string, more: string, sn: string | number = ++this.#sn): void {
    const text =
      `<?xml version="1.0" encoding="GB2312"?>\r\n<${root}>\r\n<CmdType>${command}</CmdType>\r\n<SN>${sn}</SN>\r\n` +
      `<DeviceID>${device}</DeviceID>\r\n${more}\r\n</${root}>\r\n`
    const { platform, realm } = this.#options
    this.#cseq += 1
    this.#send(
      [
        `MESSAGE sip:${platform}@${realm} SIP/2.0`,
        this.#via(),
        `From: <sip:${this.id}@${realm}>;tag=${token()}`,
        `To: <sip:${platform}@${realm}>`,
        `Call-ID: ${token()}`,
        `CSeq: ${this.#cseq} MESSAGE`,
        'Content-Type: Application/MANSCDP+xml',
        'Max-Forwards: 70',
      ],
      this.#encode(text),
    )
  }

  #encode(text: string): Uint8Array {
    if (this.faults.bodies === 'garbage')
      return Uint8Array.from(text, (letter, i) => (i % 3 ? letter.charCodeAt(0) & 255 : 0xff))
    return this.faults.bodies === 'mislabelled' ? Buffer.from(text) : gb2312(text)
  }

  #via(): string {
    return `Via: SIP/2.0/${this.#deps.wire.transport} ${this.#deps.wire.local};rport;branch=z9hG4bK${token()}`
  }

  #send(lines: readonly string[], body: Uint8Array = new Uint8Array(0)): void {
    const head = [...lines, `Content-Length: ${body.length}`, '', ''].join('\r\n')
    this.#deps.wire.send(Buffer.concat([Buffer.from(head), body]))
  }

  #receive(text: string): void {
    if (!this.#isOn) return
    const [head = '', body = ''] = text.split(/\r\n\r\n([\s\S]*)/)
    const [first = '', ...lines] = head.split('\r\n')
    const fields: Fields = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    )
    const status = /^SIP\/2\.0 (\d{3})/.exec(first)?.[1]
    if (status) this.#answered(Number(status), fields)
    else if (first.startsWith('MESSAGE ') && this.isRegistered) this.#question(fields, body)
  }

  #answered(status: number, fields: Fields): void {
    remember(this.answers, status)
    const isRegister = fields.get('cseq')?.endsWith('REGISTER') ?? false
    if (isRegister && status === 401) this.#register(this.#authorization(fields.get('www-authenticate') ?? ''))
    else if (isRegister && status === 200) {
      if (!this.isRegistered) this.#keepaliveAt = this.#deps.now() + this.#options.keepaliveMs
      this.isRegistered = this.#expiresS > 0
      this.#renewAt = this.#deps.now() + this.#expiresS * 800
      if (this.#expiresS === 0) this.#isOn = false
    } else if (isRegister) this.#registerAt = this.#deps.now() + REGISTER_AGAIN_MS * 5
    else if (status === 401 || status === 403) this.boot()
  }

  #authorization(challenge: string): string {
    const say = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? ''
    const { platform, password } = this.#options
    const uri = `sip:${platform}@${this.#options.realm}`
    const secret = md5(`${this.id}:${say('realm')}:${this.faults.password ?? password}`)
    const response = md5(`${secret}:${say('nonce')}:${md5(`REGISTER:${uri}`)}`)
    return (
      `Authorization: Digest username="${this.id}", realm="${say('realm')}", nonce="${say('nonce')}", ` +
      `uri="${uri}", response="${response}", algorithm=MD5`
    )
  }

  #question(fields: Fields, body: string): void {
    const echoed = ['via', 'from', 'call-id', 'cseq'].map((name) => `${name}: ${fields.get(name)}`)
    this.#send(['SIP/2.0 200 OK', ...echoed, `To: ${fields.get('to')};tag=${token()}`])
    const say = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1] ?? ''
    const command = say('CmdType')
    remember(this.asked, command)
    if (this.faults.isMute || !body.includes('<Query>')) return
    const about = say('DeviceID')
    if (command === 'DeviceStatus') this.#document('Response', command, about, this.#status(about), say('SN'))
    if (command === 'Catalog') this.#document('Response', command, about, this.#catalog(), say('SN'))
  }

  #status(channel: string): string {
    const online = this.off.has(channel) ? 'OFFLINE' : 'ONLINE'
    return (
      `<Result>OK</Result><Online>${online}</Online><Status>OK</Status><DeviceTime>${this.#localTime()}</DeviceTime>` +
      '<Encode>ON</Encode><Record>OFF</Record><Alarmstatus Num="0"></Alarmstatus>'
    )
  }

  #catalog(): string {
    const channels = this.#options.channels ?? [this.id]
    const items = channels.map(
      (id) =>
        `<Item><DeviceID>${id}</DeviceID><Name>井口探头</Name><Parental>0</Parental><ParentID>${this.id}</ParentID>` +
        `<Status>${this.off.has(id) ? 'OFF' : 'ON'}</Status></Item>`,
    )
    return `<SumNum>${items.length}</SumNum><DeviceList Num="${items.length}">${items.join('')}</DeviceList>`
  }

  /** As devices write it: Beijing's, without an offset. */
  #localTime(): string {
    const ms = this.#deps.now() + (this.faults.clockOffsetS ?? 0) * 1_000 + BEIJING_MS
    return new Date(ms).toISOString().slice(0, 19)
  }
}

const token = () => randomBytes(8).toString('hex')

function remember<T>(list: T[], item: T): void {
  list.push(item)
  if (list.length > 100) list.shift()
}

/** The few characters that it says, by GB 2312's table. */
const CHINESE: { readonly [character: string]: readonly [number, number] } = {
  视: [0xca, 0xd3],
  频: [0xc6, 0xb5],
  报: [0xb1, 0xa8],
  警: [0xbe, 0xaf],
  井: [0xbe, 0xae],
  口: [0xbf, 0xda],
  探: [0xcc, 0xbd],
  头: [0xcd, 0xb7],
}
const gb2312 = (text: string): Uint8Array =>
  Uint8Array.from([...text].flatMap((character) => CHINESE[character] ?? [character.charCodeAt(0)]))
