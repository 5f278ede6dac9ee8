const HELP: Readonly<Record<string, string>> = {
  countersign_http_requests_total: 'Requests answered, by method, route and status.',
  countersign_http_seconds_total: 'Time spent on answers, by method and route.',
  countersign_http_problems_total: 'Requests turned away, by problem code.',
  countersign_http_noise_total: 'What ended before a route: broken HTTP and dropped connections.',
  countersign_strangers_refused_total: 'Refused calls of identities that no rule names.',
  countersign_refusals_unrecorded_total: 'Refusals left out of the audit log by its limits.',
  countersign_jobs_waiting: 'Jobs that are due, leased or scheduled.',
  countersign_jobs_dead: 'Jobs that failed until they were given up.',
  countersign_jobs_undeliverable: 'Messages that Teams did not take while anybody needed them.',
  countersign_teams_calls_waiting: 'Calls to Teams that wait for their turn.',
  countersign_teams_longest_wait_seconds: 'Waiting time of the call that is due for longest.',
  countersign_audit_witness_failing: '1 where the last call of the witness failed, else 0.',
  countersign_audit_witness_behind: 'Leaves of the audit log that the witness does not know yet.',
};

/** Above the number of series that our labels can make: a bound in case one is not closed. */
const MAX_SERIES = 2_000;

type Labels = Readonly<Record<string, string | number>>;

export type Metrics = ReturnType<typeof createMetrics>;

/** Counters for Prometheus, all 0. */
export function createMetrics() {
  const families = new Map<string, Map<string, number>>();
  let count = 0;
  return {
    /** Labels must come from closed sets. */
    add(name: string, labels: Labels, amount = 1): void {
      let series = families.get(name);
      if (series === undefined) families.set(name, (series = new Map()));
      const key = labelText(labels);
      const value = series.get(key);
      if (value === undefined && (count += 1) > MAX_SERIES) return;
      series.set(key, (value ?? 0) + amount);
    },
    /** Text exposition format 0.0.4, with the given gauges and counters. */
    render(
      gauges: Readonly<Record<string, number>>,
      counters: Readonly<Record<string, number>> = {},
    ): string {
      const lines: string[] = [];
      for (const [name, series] of families) {
        lines.push(`# HELP ${name} ${HELP[name] ?? name}`, `# TYPE ${name} counter`);
        for (const [labels, value] of series) lines.push(`${name}${labels} ${value}`);
      }
      for (const [name, value] of Object.entries(counters)) {
        lines.push(
          `# HELP ${name} ${HELP[name] ?? name}`,
          `# TYPE ${name} counter`,
          `${name} ${value}`,
        );
      }
      for (const [name, value] of Object.entries(gauges)) {
        lines.push(
          `# HELP ${name} ${HELP[name] ?? name}`,
          `# TYPE ${name} gauge`,
          `${name} ${value}`,
        );
      }
      return `${lines.join('\n')}\n`;
    },
  };
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${String(value).replace(/["\\\n]/g, '_')}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
