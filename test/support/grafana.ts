/** Queries of the provisioned files, and what Grafana makes of them before it sends them. */
import { readdirSync, readFileSync } from 'node:fs'

const folder = new URL('../../dashboards/', import.meta.url)

export interface Target {
  readonly query: string
  readonly resultFormat: 'time_series' | 'table'
  readonly rawQuery: boolean
  readonly datasource: { readonly type: string; readonly uid: string }
}
export interface PanelJson {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description: string
  readonly datasource: { readonly uid: string }
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets: readonly Target[]
  readonly fieldConfig: {
    readonly defaults: {
      readonly unit: string
      readonly noValue: string
      readonly thresholds: { readonly steps: readonly { readonly value: number | null; readonly color: string }[] }
    }
    readonly overrides: readonly { readonly properties: readonly { readonly id: string; readonly value: unknown }[] }[]
  }
}
export interface BoardFile {
  readonly file: string
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly time: { readonly from: string }
  readonly links: readonly { readonly title: string; readonly url: string }[]
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly query: string }[]
  }
  readonly annotations: { readonly list: readonly { readonly target: { readonly query: string } }[] }
  readonly panels: readonly PanelJson[]
}
export interface RuleJson {
  readonly uid: string
  readonly title: string
  readonly noDataState: string
  readonly execErrState: string
  readonly annotations: { readonly summary: string; readonly summaryEn: string; readonly __dashboardUid__: string }
  readonly data: readonly { readonly datasourceUid: string; readonly model: { readonly query?: string } }[]
}

export const readDashboardFile = (path: string): string => readFileSync(new URL(path, folder), 'utf8')
export const boardFiles = (): BoardFile[] =>
  ['zh', 'en'].flatMap((language) =>
    readdirSync(new URL(`json/${language}/`, folder)).map((name) => ({
      file: `${language}/${name}`,
      ...JSON.parse(readDashboardFile(`json/${language}/${name}`)),
    })),
  )
export const alertRules = (): RuleJson[] =>
  JSON.parse(readDashboardFile('provisioning/alerting/rules.json')).groups[0].rules

/** As Grafana escapes a value for `${name:regex}`; several become a group. */
const asRegex = (values: readonly string[]): string => {
  const escaped = values.map((value) => value.replace(/[\\^$*+?.()|[\]{}/]/g, '\\$&'))
  return escaped.length === 1 ? escaped[0]! : `(${escaped.join('|')})`
}

export interface Chosen {
  readonly fromMs: number
  readonly toMs: number
  readonly interval: string
  /** `.*` is what the dashboards say for all, which Grafana does not escape. */
  readonly values: { readonly [variable: string]: '.*' | readonly string[] }
}

/** @throws Error for a variable that nothing fills */
export const substituted = (query: string, { fromMs, toMs, interval, values }: Chosen): string =>
  query
    .replaceAll('$timeFilter', `time >= ${fromMs}ms and time <= ${toMs}ms`)
    .replaceAll('$__interval', interval)
    .replaceAll(/\$\{(\w+):regex\}/g, (_, name: string) => {
      const chosen = values[name]
      if (chosen === undefined) throw new Error(`nothing fills ${name}`)
      return chosen === '.*' ? chosen : asRegex(chosen)
    })
