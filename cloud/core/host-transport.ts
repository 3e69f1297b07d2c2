/** The host application's way to the gateways: in process with the embedded broker, or over any MQTT broker. */
export interface HostTransport {
  /** Comes back once messages flow, or at least are tried for. @throws CloudError `broker-unavailable` */
  start(handlers: HostTransportHandlers): Promise<void>
  /** QoS 0, not retained, as commands travel. What cannot be sent now is dropped: whoever asked asks again. */
  publish(topic: string, payload: Uint8Array): void
  /** Says death, then leaves. */
  stop(): Promise<void>
}

export interface HostTransportHandlers {
  /** A message of the Sparkplug namespace, in order of arrival for each gateway. */
  onMessage(topic: string, payload: Uint8Array): void
  /** The host is online: births before this moment may have been missed. */
  onOnline(): void
  onOffline(): void
}
