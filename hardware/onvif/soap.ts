/**
 * SOAP 1.2 as far as cameras are asked by it: an envelope is written, an answer is read. Names are taken without their
 * prefixes: cameras choose those freely and declare them as they like. Pure.
 * @see SOAP 1.2 part 1 section 5; ONVIF Core Specification section 5
 */
import { parseXml, type XmlElement } from '../xml/xml.ts'

/** A device's services answer in a few kilobytes; a recorder's list of profiles in some hundred. */
export const MAX_SOAP_BYTES = 524_288

export type SoapResult =
  | { readonly kind: 'answer'; readonly body: XmlElement }
  /** `isDenied`: the user or the password is refused. */
  | { readonly kind: 'fault'; readonly reason: string; readonly isDenied: boolean }
  | { readonly kind: 'bad'; readonly reason: string }

const MAX_REASON = 200
const DENIED = /NotAuthorized|FailedAuthentication|SecurityToken|InvalidSecurity|FailedCheck/i

/** Reads a whole answer. Never throws. */
export function readSoap(text: string): SoapResult {
  const document = parseXml(text.startsWith('\ufeff') ? text.slice(1) : text)
  if (document.kind === 'bad') return document
  const body = localName(document.root) === 'Envelope' ? child(document.root, 'Body') : null
  const content = body?.children[0]
  if (!content) return { kind: 'bad', reason: 'no SOAP envelope with a body' }
  if (localName(content) !== 'Fault') return { kind: 'answer', body: content }
  const words = [...textsOf(child(content, 'Reason')), ...textsOf(child(content, 'faultstring'))].join(' ')
  const codes = [...textsOf(child(content, 'Code')), ...textsOf(child(content, 'faultcode'))].join(' ')
  const reason = printable(`${codes} ${words}`).slice(0, MAX_REASON).trim()
  return { kind: 'fault', reason, isDenied: DENIED.test(codes) || /not authori[sz]ed/i.test(words) }
}

export const localName = ({ name }: XmlElement): string => name.slice(name.lastIndexOf(':') + 1)

/** The first child of that name, prefix aside. */
export const child = (element: XmlElement | null | undefined, name: string): XmlElement | null =>
  element?.children.find((one) => localName(one) === name) ?? null

export const children = (element: XmlElement | null | undefined, name: string): readonly XmlElement[] =>
  element?.children.filter((one) => localName(one) === name) ?? []

/** Along a path of names from an element down; `null`: not there. */
export const descend = (element: XmlElement | null | undefined, ...path: readonly string[]): XmlElement | null =>
  path.reduce<XmlElement | null>((at, name) => child(at, name), element ?? null)

function textsOf(element: XmlElement | null): string[] {
  if (!element) return []
  return [element.text, ...element.children.flatMap(textsOf)].filter((text) => text !== '')
}

/** What a device says of itself, safe for a log. */
export const printable = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()

export const escapeXml = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

/** @param header its content, ready; empty: none. @param body one element, ready */
export const writeEnvelope = (header: string, body: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing">${
    header === '' ? '' : `<s:Header>${header}</s:Header>`
  }<s:Body>${body}</s:Body></s:Envelope>`
