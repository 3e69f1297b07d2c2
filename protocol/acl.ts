/**
 * Who may say what on the broker: one table, least privilege, nothing allowed that is not written here.
 * @see Eclipse Sparkplug 3.0, chapter 7 (authorization): the topics each role needs, and no more
 */
import { filterCovers, isFilter, NAMESPACE } from './topics.ts'

/** A client of the broker, as its credentials say; nothing a client writes itself comes in here. */
export type BrokerIdentity =
  | { readonly kind: 'gateway'; readonly group: string; readonly gateway: string; readonly host: string }
  | { readonly kind: 'host'; readonly host: string }
  /** Sees everything of Sparkplug, says nothing: dashboards, recorders. */
  | { readonly kind: 'observer' }

interface Rules {
  readonly publish: readonly string[]
  readonly subscribe: readonly string[]
  readonly will: readonly string[]
}

/**
 * Patterns by kind of identity. `<group>`, `<gateway>` and `<host>` are the identity's own; `+` and `#` as in MQTT.
 * A publish or will topic must match a pattern; a subscription's filter must lie wholly within one.
 */
export const ACL: { readonly [K in BrokerIdentity['kind']]: Rules } = {
  gateway: {
    publish: [
      `${NAMESPACE}/<group>/NBIRTH/<gateway>`,
      `${NAMESPACE}/<group>/NDATA/<gateway>`,
      `${NAMESPACE}/<group>/NDEATH/<gateway>`,
      `${NAMESPACE}/<group>/DBIRTH/<gateway>/+`,
      `${NAMESPACE}/<group>/DDATA/<gateway>/+`,
      `${NAMESPACE}/<group>/DDEATH/<gateway>/+`,
    ],
    subscribe: [
      `${NAMESPACE}/<group>/NCMD/<gateway>`,
      `${NAMESPACE}/<group>/DCMD/<gateway>/+`,
      `${NAMESPACE}/STATE/<host>`,
    ],
    will: [`${NAMESPACE}/<group>/NDEATH/<gateway>`],
  },
  host: {
    publish: [`${NAMESPACE}/STATE/<host>`, `${NAMESPACE}/+/NCMD/+`, `${NAMESPACE}/+/DCMD/+/+`],
    subscribe: [`${NAMESPACE}/#`],
    will: [`${NAMESPACE}/STATE/<host>`],
  },
  observer: {
    publish: [],
    subscribe: [`${NAMESPACE}/#`],
    will: [],
  },
}

/** Whether this identity may publish on this topic. */
export const mayPublish = (identity: BrokerIdentity, topic: string): boolean =>
  isTopic(topic) && allows(ACL[identity.kind].publish, identity, topic)

/** Whether this identity may leave a will on this topic. */
export const mayWill = (identity: BrokerIdentity, topic: string): boolean =>
  isTopic(topic) && allows(ACL[identity.kind].will, identity, topic)

/** Whether this identity may subscribe to this filter: to all that it would be given. */
export const maySubscribe = (identity: BrokerIdentity, filter: string): boolean =>
  allows(ACL[identity.kind].subscribe, identity, filter)

const isTopic = (topic: string): boolean => isFilter(topic) && !/[+#]/.test(topic)

function allows(patterns: readonly string[], identity: BrokerIdentity, filter: string): boolean {
  // MQTT lets a level be empty; Sparkplug lets no id be.
  if (filter.split('/').includes('')) return false
  return patterns.some((pattern) => {
    const own = fill(pattern, identity)
    return own !== null && filterCovers(own, filter)
  })
}

/** Puts the identity's ids into a pattern; `null` when an id would be a wildcard or more than one level. */
function fill(pattern: string, identity: BrokerIdentity): string | null {
  const ids: { readonly [name: string]: string } = {
    group: 'group' in identity ? identity.group : '',
    gateway: 'gateway' in identity ? identity.gateway : '',
    host: 'host' in identity ? identity.host : '',
  }
  let sound = true
  const filled = pattern.replace(/<(\w+)>/g, (_, name: string) => {
    const id = ids[name] ?? ''
    if (id === '' || /[/+#\0]/.test(id)) sound = false
    return id
  })
  return sound ? filled : null
}
