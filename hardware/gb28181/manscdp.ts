/**
 * The XML that devices and platforms send each other (MANSCDP), read and written. Text is GB 18030 (which holds GB 2312)
 * unless the document says UTF-8; what says one and is the other is understood, what is neither is bad.
 * @see GB/T 28181-2016 annex A
 */
import { parseXml, type XmlElement } from '../xml/xml.ts'

interface Common {
  /** Number of the command, as it came; answers carry that of their question. */
  readonly sn: string
  /** Whom it is about: the device, or one of its channels. */
  readonly device: string
}
export interface Keepalive extends Common {
  readonly kind: 'keepalive'
  readonly isOk: boolean
  /** Channels that the device says are faulty. */
  readonly faulty: readonly string[]
}
export interface AlarmNotice extends Common {
  readonly kind: 'alarm'
  readonly method: number
  readonly type: number | null
}
export interface CatalogPart extends Common {
  readonly kind: 'catalog'
  /** Items of all parts together. */
  readonly total: number | null
  readonly items: readonly { readonly id: string; readonly isOn: boolean | null }[]
}
export interface DeviceStatus extends Common {
  readonly kind: 'status'
  readonly isOnline: boolean | null
  readonly isOk: boolean | null
  /** As the device wrote it. */
  readonly time: string | null
}
export type Manscdp =
  | Keepalive
  | AlarmNotice
  | CatalogPart
  | DeviceStatus
  /** Sound, and nothing that says how a probe is. */
  | { readonly kind: 'other'; readonly name: string }
  | { readonly kind: 'bad'; readonly reason: string }

const MAX_ITEMS = 1_024
const ID = /^\d{20}$/
const SN = /^\d{1,10}$/
const decoders = {
  'utf-8': new TextDecoder('utf-8', { fatal: true }),
  gb18030: new TextDecoder('gb18030', { fatal: true }),
}

/** Never throws. */
export function readManscdp(body: Uint8Array): Manscdp {
  const text = decode(body)
  if (text === null) return { kind: 'bad', reason: 'text that is neither GB 18030 nor UTF-8' }
  const parsed = parseXml(text)
  if (parsed.kind === 'bad') return { kind: 'bad', reason: `no XML: ${parsed.reason}` }
  const { root } = parsed
  const name = textOf(root, 'CmdType') ?? ''
  const sn = textOf(root, 'SN') ?? ''
  const device = textOf(root, 'DeviceID') ?? ''
  if (!SN.test(sn)) return { kind: 'bad', reason: 'SN is no number' }
  if (!ID.test(device)) return { kind: 'bad', reason: 'DeviceID has not 20 digits' }
  const read = READERS[`${root.name} ${name}`.toLowerCase()]
  return read ? read(root, { sn, device }) : { kind: 'other', name: name.slice(0, 32) }
}

const READERS: { readonly [rootAndCommand: string]: (root: XmlElement, common: Common) => Manscdp } = {
  'notify keepalive': (root, common) => ({
    kind: 'keepalive',
    ...common,
    isOk: textOf(root, 'Status')?.toUpperCase() !== 'ERROR',
    faulty: within(root, 'Info')
      .filter(({ name, text }) => named(name, 'DeviceID') && ID.test(text))
      .slice(0, MAX_ITEMS)
      .map(({ text }) => text),
  }),
  'notify alarm': readAlarm,
  'response catalog': (root, common) => ({
    kind: 'catalog',
    ...common,
    total: numberOf(textOf(root, 'SumNum')),
    items: within(root, 'DeviceList')
      .slice(0, MAX_ITEMS)
      .flatMap((item) => {
        const id = textOf(item, 'DeviceID')
        const status = textOf(item, 'Status')?.toUpperCase()
        return id && ID.test(id) ? [{ id, isOn: either(status, ['ON', 'ONLINE', 'OK'], ['OFF', 'OFFLINE']) }] : []
      }),
  }),
  'response devicestatus': (root, common) => ({
    kind: 'status',
    ...common,
    isOnline: either(textOf(root, 'Online')?.toUpperCase(), ['ONLINE'], ['OFFLINE']),
    isOk: either(textOf(root, 'Status')?.toUpperCase(), ['OK'], ['ERROR']),
    time: textOf(root, 'DeviceTime') ?? null,
  }),
}

function readAlarm(root: XmlElement, common: Common): Manscdp {
  const method = numberOf(textOf(root, 'AlarmMethod'))
  if (method === null) return { kind: 'bad', reason: 'an alarm without AlarmMethod' }
  const info = child(root, 'Info')
  // Editions differ in where the type stands.
  const type = textOf(root, 'AlarmType') ?? (info && textOf(info, 'AlarmType'))
  return { kind: 'alarm', ...common, method, type: numberOf(type) }
}

/** What we ask a device. */
export const writeQuery = (command: 'Catalog' | 'DeviceStatus', sn: number, device: string): Uint8Array =>
  written('Query', command, sn, device, '')

/** That an alarm was taken. */
export const writeAlarmTaken = (sn: string, device: string): Uint8Array =>
  written('Response', 'Alarm', sn, device, '<Result>OK</Result>\r\n')

/** All that we write is ASCII, which is the same in every encoding. */
const written = (root: string, command: string, sn: number | string, device: string, more: string): Uint8Array =>
  Buffer.from(
    `<?xml version="1.0" encoding="GB2312"?>\r\n<${root}>\r\n<CmdType>${command}</CmdType>\r\n<SN>${sn}</SN>\r\n` +
      `<DeviceID>${device}</DeviceID>\r\n${more}</${root}>\r\n`,
    'latin1',
  )

function decode(body: Uint8Array): string | null {
  const start = Buffer.from(body.subarray(0, 128)).toString('latin1')
  const isUtf8 = /encoding[\s=-]*["']?utf-?8/i.test(start) || !/encoding/i.test(start)
  return decodeAs(body, isUtf8 ? 'utf-8' : 'gb18030') ?? decodeAs(body, isUtf8 ? 'gb18030' : 'utf-8')
}

function decodeAs(body: Uint8Array, encoding: keyof typeof decoders): string | null {
  try {
    // Some devices end their text with a zero, as C does.
    return decoders[encoding].decode(body).replace(/\0+$/, '')
  } catch {
    return null
  }
}

/** Devices differ in capitals. */
const named = (name: string, wanted: string) => name.toLowerCase() === wanted.toLowerCase()
const child = (element: XmlElement, name: string) => element.children.find((each) => named(each.name, name))
const within = (element: XmlElement, name: string) => child(element, name)?.children ?? []
const textOf = (element: XmlElement, name: string) => child(element, name)?.text
const numberOf = (text: string | null | undefined) => (text && SN.test(text) ? Number(text) : null)

function either(word: string | undefined, yes: readonly string[], no: readonly string[]): boolean | null {
  if (word === undefined) return null
  if (yes.includes(word)) return true
  return no.includes(word) ? false : null
}
