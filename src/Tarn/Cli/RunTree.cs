using System.Globalization;

namespace Tarn;

/// <summary>A run on the terminal: its tasks below their groups, the calls of mapped tasks summed up.</summary>
internal static class RunTree
{
    private const int CallsShown = 5;

    public static void Write(Terminal terminal, RunDetailsView run)
    {
        var to = terminal.Out;
        to.WriteLine($"Run {run.Id} of {run.Pipeline}: {run.State}{(run.DurationMs is null ? "" : $" in {Grid.Duration(run.DurationMs)}")}{(run.SlaMissed ? ", later than its SLA allows" : "")}");
        to.WriteLine($"  {run.Trigger}, logical date {Grid.Time(run.LogicalDate)}");
        to.WriteLine($"  data {Grid.Time(run.DataInterval.Start)} to {Grid.Time(run.DataInterval.End)}");
        foreach (var (label, text) in new[]
        {
            ("backfill", run.Backfill),
            ("part of run", run.Parent),
            ("because of", run.Cause is null ? null : PipelineHistoryVerbs.Cause(run.Cause)),
            ("parameters", run.Parameters?.GetRawText()),
            ("error:", run.Error),
        })
        {
            if (!string.IsNullOrEmpty(text))
            {
                to.WriteLine($"  {label} {text}");
            }
        }

        var grid = new Grid("TASK", "STATE", ">ATTEMPT", "?STARTED", ">TOOK", "~REPORTED");
        var calls = run.Tasks.Where(static t => t.MappedTask is not null).ToLookup(static t => t.MappedTask!);
        var group = "";
        foreach (var task in run.Tasks.Where(static t => t.MappedTask is null))
        {
            group = OpenGroup(grid, group, task.Name);
            var name = Indent(group) + (group.Length == 0 ? task.Name : task.Name[(group.Length + 1)..]);
            if (calls[task.Name].ToList() is { Count: > 0 } made)
            {
                AddCalls(grid, name, task, made);
            }
            else
            {
                AddTask(grid, name, task);
            }
        }

        grid.Write(terminal);
    }

    /// <summary>Rows for the groups that begin with a task.</summary>
    private static string OpenGroup(Grid grid, string open, string task)
    {
        var group = task.LastIndexOf('.') is var dot and >= 0 ? task[..dot] : "";
        var parts = group.Split('.', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < parts.Length; i++)
        {
            var path = string.Join('.', parts.Take(i + 1));
            if (open != path && !open.StartsWith(path + ".", StringComparison.Ordinal))
            {
                grid.Add(Indent(path)[2..] + parts[i] + "/", "", "", "", "", "");
            }
        }

        return group;
    }

    private static string Indent(string group) => group.Length == 0 ? "" : new string(' ', 2 * (1 + group.Count(static c => c == '.')));

    private static void AddTask(Grid grid, string name, RunTaskView task)
    {
        if (task.Attempts.Count == 0)
        {
            grid.AddWithState(1, name, task.State, "–", "–", "–", Said(task, null));
        }

        foreach (var attempt in task.Attempts)
        {
            // The last attempt of a task that waits for another says less than the task does.
            var state = attempt == task.Attempts[^1] && task.State is "up_for_retry" or "deferred" ? task.State : attempt.State;
            grid.AddWithState(1, name, state, attempt.Number.ToString(CultureInfo.InvariantCulture), Grid.Time(attempt.StartedAt), Grid.Duration(attempt.DurationMs), Said(task, attempt));
        }
    }

    private static void AddCalls(Grid grid, string name, RunTaskView task, List<RunTaskView> calls)
    {
        var attempts = calls.SelectMany(static c => c.Attempts).ToList();
        var started = attempts.Count == 0 ? (DateTimeOffset?)null : attempts.Min(static a => a.StartedAt);
        var ended = attempts.Count == 0 || attempts.Exists(static a => a.EndedAt is null) ? null : attempts.Max(static a => a.EndedAt);
        grid.AddWithState(
            1,
            $"{name} [{Grid.Count(calls.Count)}]",
            task.State,
            Grid.Count(attempts.Count),
            Grid.Time(started),
            Grid.Duration((ended - started)?.TotalMilliseconds),
            string.Join(", ", calls.GroupBy(static c => c.State).OrderByDescending(static g => g.Count()).Select(static g => $"{Grid.Count(g.Count())} {g.Key}").Append(task.Note ?? "").Where(static t => t.Length > 0)));
        var failed = calls.Where(static c => c.State == "failed").ToList();
        foreach (var call in failed.Take(CallsShown))
        {
            AddTask(grid, string.Create(CultureInfo.InvariantCulture, $"{name} #{call.Item}"), call);
        }

        if (failed.Count > CallsShown)
        {
            grid.Add($"{name} …", "", "", "", "", $"{Grid.Count(failed.Count - CallsShown)} more that failed; --json has them");
        }
    }

    private static string Said(RunTaskView task, AttemptView? attempt)
    {
        List<string> parts = [];
        if (attempt?.Error is { } error)
        {
            parts.Add(RunVerbs.FirstLine(error));
        }
        else if (attempt is not null)
        {
            parts.AddRange(attempt.Reported.Select(static r => $"{r.Key}={r.Value}"));
        }

        if (attempt is null || attempt == task.Attempts[^1])
        {
            parts.Add(task.Note ?? "");
            parts.Add(task.SubRun is { } run ? $"run {run}" : "");
            parts.Add(task.RetryAt is { } retry ? $"again at {Grid.Time(retry)}" : "");
        }

        return string.Join("  ", parts.Where(static p => p.Length > 0));
    }
}
