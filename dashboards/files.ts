import { alertsJson } from './alert-json.ts'
import { ALERT_RULES } from './alerts.ts'
import { BOARDS } from './boards/all.ts'
import { boardJson } from './grafana.ts'
import { LANGUAGES } from './text.ts'

const printed = (json: unknown): string => `${JSON.stringify(json, null, 1)}\n`

/** Every file that Grafana loads and that follows the source, by its path under `dashboards/`. */
export const grafanaFiles = (): Record<string, string> => ({
  ...Object.fromEntries(
    LANGUAGES.flatMap((language) =>
      BOARDS.map((board) => [`json/${language}/${board.id}.json`, printed(boardJson(board, BOARDS, language))]),
    ),
  ),
  'provisioning/alerting/rules.json': printed(alertsJson(ALERT_RULES)),
})
