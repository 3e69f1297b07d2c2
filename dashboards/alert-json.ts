/** From our rules to the JSON that Grafana provisions. */
import type { AlertRule } from './alerts.ts'
import { uidOf } from './grafana.ts'

/** As the data source is provisioned: rules cannot choose one by variable. */
const DATASOURCE_UID = 'minewarden'
const LOOK_BACK_S = 600

export const alertsJson = (rules: readonly AlertRule[]) => ({
  apiVersion: 1,
  groups: [{ orgId: 1, name: 'minewarden', folder: 'Minewarden', interval: '1m', rules: rules.map(ruleJson) }],
})

const ruleJson = (rule: AlertRule) => ({
  uid: `mw-${rule.id}`,
  title: `${rule.title.zh} / ${rule.title.en}`,
  condition: 'C',
  data: [
    {
      ...{ refId: 'A', datasourceUid: DATASOURCE_UID, relativeTimeRange: { from: LOOK_BACK_S, to: 0 } },
      model: { refId: 'A', rawQuery: true, resultFormat: 'time_series', query: rule.sql },
    },
    expression('B', { type: 'reduce', expression: 'A', reducer: 'last', settings: { mode: 'dropNN' } }),
    expression('C', {
      ...{ type: 'threshold', expression: 'B' },
      conditions: [{ evaluator: { type: rule.when, params: [rule.than] } }],
    }),
  ],
  // What is missing is not calm and not an alarm: silence is a figure of its own, and a query that fails is an error.
  ...{ noDataState: 'OK', execErrState: 'Error', for: rule.lasting, isPaused: false },
  annotations: {
    ...{ summary: `${rule.title.zh}：${rule.action.zh}`, summaryEn: `${rule.title.en}: ${rule.action.en}` },
    ...{ __dashboardUid__: uidOf(rule.board, 'zh'), __panelId__: '1' },
  },
  labels: { severity: rule.severity, product: 'minewarden' },
})

const expression = (refId: string, model: object) => ({
  ...{ refId, datasourceUid: '__expr__', relativeTimeRange: { from: LOOK_BACK_S, to: 0 } },
  model: { refId, ...model },
})
