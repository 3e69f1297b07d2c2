/** What a simulated camera's services answer, as real ones write it: prefixes of their own choice, all declared in front. */
const SPACES = [
  'xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope"',
  'xmlns:wsa5="http://www.w3.org/2005/08/addressing"',
  'xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2"',
  'xmlns:tt="http://www.onvif.org/ver10/schema"',
  'xmlns:tds="http://www.onvif.org/ver10/device/wsdl"',
  'xmlns:trt="http://www.onvif.org/ver10/media/wsdl"',
  'xmlns:tev="http://www.onvif.org/ver10/events/wsdl"',
  'xmlns:ter="http://www.onvif.org/ver10/error"',
  'xmlns:tns1="http://www.onvif.org/ver10/topics"',
  'xmlns:tnssim="http://sim.example/topics"',
].join(' ')

export const envelope = (body: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<SOAP-ENV:Envelope ${SPACES}><SOAP-ENV:Header/><SOAP-ENV:Body>${body}</SOAP-ENV:Body></SOAP-ENV:Envelope>\n`

export const fault = (subcode: string, reason: string): string =>
  envelope(
    `<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode><SOAP-ENV:Value>${subcode}</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code><SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="en">${reason}</SOAP-ENV:Text></SOAP-ENV:Reason></SOAP-ENV:Fault>`,
  )

export function dateAndTime(ms: number): string {
  const at = new Date(ms)
  return envelope(
    `<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>CST-8</tt:TZ></tt:TimeZone><tt:UTCDateTime><tt:Time><tt:Hour>${at.getUTCHours()}</tt:Hour><tt:Minute>${at.getUTCMinutes()}</tt:Minute><tt:Second>${at.getUTCSeconds()}</tt:Second></tt:Time><tt:Date><tt:Year>${at.getUTCFullYear()}</tt:Year><tt:Month>${at.getUTCMonth() + 1}</tt:Month><tt:Day>${at.getUTCDate()}</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`,
  )
}

export const deviceInformation = (): string =>
  envelope(
    '<tds:GetDeviceInformationResponse><tds:Manufacturer>Simulated</tds:Manufacturer><tds:Model>SIM-1 &amp; co</tds:Model><tds:FirmwareVersion>1.2.3</tds:FirmwareVersion><tds:SerialNumber>0001</tds:SerialNumber><tds:HardwareId>1</tds:HardwareId></tds:GetDeviceInformationResponse>',
  )

const service = (namespace: string, address: string) =>
  `<tds:Service><tds:Namespace>${namespace}</tds:Namespace><tds:XAddr>${address}</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>`

/** @param base such as `http://192.0.2.10` */
export const services = (base: string): string =>
  envelope(
    `<tds:GetServicesResponse>${service('http://www.onvif.org/ver10/device/wsdl', `${base}/onvif/device_service`)}${service('http://www.onvif.org/ver10/media/wsdl', `${base}/onvif/Media`)}${service('http://www.onvif.org/ver10/events/wsdl', `${base}/onvif/Events`)}</tds:GetServicesResponse>`,
  )

export const capabilities = (base: string): string =>
  envelope(
    `<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Device><tt:XAddr>${base}/onvif/device_service</tt:XAddr></tt:Device><tt:Events><tt:XAddr>${base}/onvif/Events</tt:XAddr><tt:WSPullPointSupport>true</tt:WSPullPointSupport></tt:Events><tt:Media><tt:XAddr>${base}/onvif/Media</tt:XAddr></tt:Media></tds:Capabilities></tds:GetCapabilitiesResponse>`,
  )

/** @param channels of a recorder: further cameras `Channel_2`, `Channel_3` … of the video sources `VideoSource_2` … */
export const profiles = (channels = 1): string => {
  const further = Array.from({ length: channels - 1 }, (_, i) => i + 2).map(
    (n) =>
      `<trt:Profiles token="Channel_${n}"><tt:Name>camera ${n}</tt:Name><tt:VideoSourceConfiguration token="VideoSourceToken_${n}"><tt:SourceToken>VideoSource_${n}</tt:SourceToken></tt:VideoSourceConfiguration></trt:Profiles>`,
  )
  return envelope(
    `<trt:GetProfilesResponse><trt:Profiles token="Profile_1" fixed="true"><tt:Name>mainStream</tt:Name><tt:VideoSourceConfiguration token="VideoSourceToken"><tt:Name>VideoSourceConfig</tt:Name><tt:SourceToken>VideoSource_1</tt:SourceToken><tt:Bounds x="0" y="0" width="1920" height="1080"/></tt:VideoSourceConfiguration></trt:Profiles><trt:Profiles token="Profile_2" fixed="true"><tt:Name>subStream</tt:Name></trt:Profiles>${further.join('')}</trt:GetProfilesResponse>`,
  )
}

export const mediaUri = (question: 'GetSnapshotUri' | 'GetStreamUri', uri: string): string =>
  envelope(
    `<trt:${question}Response><trt:MediaUri><tt:Uri>${uri}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:${question}Response>`,
  )

const times = (nowMs: number, endMs: number, prefix: string) =>
  `<${prefix}:CurrentTime>${iso(nowMs)}</${prefix}:CurrentTime><${prefix}:TerminationTime>${iso(endMs)}</${prefix}:TerminationTime>`
const iso = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z/, 'Z')

/** With a reference parameter that each question must bring back, as Axis has it. */
export const subscriptionMade = (base: string, id: number, nowMs: number, endMs: number): string =>
  envelope(
    `<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference><wsa5:Address>${base}/onvif/Subscription?Idx=${id}</wsa5:Address><wsa5:ReferenceParameters><sim:SubscriptionId xmlns:sim="http://sim.example/event">${id}</sim:SubscriptionId></wsa5:ReferenceParameters></tev:SubscriptionReference>${times(nowMs, endMs, 'wsnt')}</tev:CreatePullPointSubscriptionResponse>`,
  )

export const renewed = (nowMs: number, endMs: number): string =>
  envelope(`<wsnt:RenewResponse>${times(nowMs, endMs, 'wsnt')}</wsnt:RenewResponse>`)

export const unsubscribed = (): string => envelope('<wsnt:UnsubscribeResponse/>')

export const pulled = (nowMs: number, endMs: number, messages: readonly string[]): string =>
  envelope(`<tev:PullMessagesResponse>${times(nowMs, endMs, 'tev')}${messages.join('')}</tev:PullMessagesResponse>`)

/** One thing that a camera tells. */
export interface SimulatedNotice {
  /** With prefixes: `tns1:VideoSource/GlobalSceneChange/ImagingService`. */
  readonly topic: string
  /** Token of the camera's video source; `VideoSource_1` by default. */
  readonly videoSource?: string
  /** Absent: a moment, not a state. */
  readonly operation?: 'Initialized' | 'Changed' | 'Deleted'
  readonly items: Readonly<Record<string, string>>
  /** By the camera's clock. */
  readonly atMs: number
}

export function notification({
  topic,
  videoSource = 'VideoSource_1',
  operation,
  items,
  atMs,
}: SimulatedNotice): string {
  const property = operation === undefined ? '' : ` PropertyOperation="${operation}"`
  const data = Object.entries(items).map(([name, value]) => `<tt:SimpleItem Name="${name}" Value="${value}"/>`)
  return `<wsnt:NotificationMessage><wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">${topic}</wsnt:Topic><wsnt:Message><tt:Message UtcTime="${iso(atMs)}"${property}><tt:Source><tt:SimpleItem Name="Source" Value="${videoSource}"/></tt:Source><tt:Data>${data.join('')}</tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>`
}

/** Entities that unfold into gigabytes. */
export const entityBomb = (): string => {
  const levels = Array.from({ length: 9 }, (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`)
  return `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "bomb">${levels.join('')}]>${envelope('<x>&e9;</x>').replace(/^<\?xml[^>]*>/, '')}`
}
