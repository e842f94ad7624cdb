using System.Data.Common;
using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>What the schedules of pipelines start from, read once for all that are due together; and what they make.</summary>
internal sealed class ScheduleState
{
    /// <summary>So many pipelines are read one by one; more of them with all others.</summary>
    private const int Few = 16;

    private const string Counts =
        $"""
        SELECT pipeline,
            count(*) FILTER (WHERE trigger IN ('scheduled', 'catch_up')) AS Scheduled,
            count(*) FILTER (WHERE state = 'queued') AS Queued,
            count(*) FILTER (WHERE {ExecutionWrites.CountsAsActive}) AS Running
        FROM pipeline_run WHERE state IN ('queued', 'running')
        """;

    private readonly Dictionary<string, PipelineRow> _rows = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ActiveCounts> _active = new(StringComparer.Ordinal);
    private readonly StatementList _decided = new();
    private readonly RunsAhead? _ahead;

    private ScheduleState(RunsAhead? ahead) => _ahead = ahead;

    /// <summary>The runs made so far, those of each pipeline in the order of their intervals; with what executes them, where that was made before.</summary>
    public List<(RunRow Run, PipelineDefinition Pipeline, ActiveRun? Active)> Made { get; } = [];

    /// <summary>Reads it.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="transaction">The transaction of a write; null for a read.</param>
    /// <param name="due">The pipelines.</param>
    /// <param name="ahead">Runs that were made before they were due.</param>
    public static async Task<ScheduleState> ReadAsync(DbConnection connection, DbTransaction? transaction, IReadOnlyList<PipelineDefinition> due, RunsAhead? ahead = null)
    {
        var state = new ScheduleState(ahead);
        if (due.Count > Few)
        {
            foreach (var row in await connection.QueryAsync<PipelineRow>($"SELECT {PipelineRow.Columns} FROM pipeline", transaction: transaction))
            {
                state._rows[row.Name] = row;
            }

            state.Take(await connection.QueryAsync<(string, long, long, long)>($"{Counts} GROUP BY pipeline", transaction: transaction));
            return state;
        }

        foreach (var name in due.Select(static p => p.Name))
        {
            state._rows[name] = await RunQueries.PipelineAsync(connection, name, transaction);
            state.Take(await connection.QueryAsync<(string, long, long, long)>($"{Counts} AND pipeline = @name GROUP BY pipeline", new { name }, transaction));
        }

        return state;
    }

    /// <summary>Makes the runs of a pipeline whose time has come, while its limit of active scheduled runs allows; tells when to look again.</summary>
    /// <remarks>Where the timetable throws, which may be the user's own code, nothing is made of the pipeline.</remarks>
    public DueRuns Make(PipelineDefinition pipeline, IdSource ids, DateTimeOffset now)
    {
        var row = _rows[pipeline.Name];
        if (row.Paused != 0)
        {
            return new DueRuns(null, Blocked: false);
        }

        var (made, decided) = (Made.Count, row.ScheduledUntil);
        try
        {
            return Make(pipeline, row, decided, ids, now);
        }
        catch
        {
            Made.RemoveRange(made, Made.Count - made);
            row.ScheduledUntil = decided;
            throw;
        }
    }

    private DueRuns Make(PipelineDefinition pipeline, PipelineRow row, long? decided, IdSource ids, DateTimeOffset now)
    {
        var active = _active.GetValueOrDefault(pipeline.Name).Scheduled;
        if (_ahead?.Take(pipeline.Name, decided, now) is { } ahead && active < pipeline.MaxActiveRuns)
        {
            ahead.Run.QueuedAt = Instant.ToMicroseconds(now);
            row.ScheduledUntil = ahead.Run.IntervalEnd;
            Made.Add((ahead.Run, pipeline, ahead.Active));
            Decide(row, decided);
            return new DueRuns(ahead.NextAt, Blocked: false);
        }

        while (SchedulePlan.Next(pipeline, row, now) is { } next)
        {
            if (next.RunAfter > now || active >= pipeline.MaxActiveRuns)
            {
                Decide(row, decided);
                return new DueRuns(next.RunAfter, Blocked: next.RunAfter <= now);
            }

            var trigger = pipeline.Timetable!.StartingAtOrAfter(next.End) is { } following && following.End <= now ? RunTrigger.CatchUp : RunTrigger.Scheduled;
            Made.Add((RunWrites.NewRun(pipeline, ids.NewId(), trigger, next.Start, new DataInterval(next.Start, next.End), now), pipeline, null));
            active++;
            row.ScheduledUntil = Instant.ToMicroseconds(next.End);
        }

        Decide(row, decided);
        return new DueRuns(null, Blocked: false);
    }

    /// <summary>Makes the run of a pipeline that will be due at a moment that has not come; null where that is not one run and no more, or cannot be told yet.</summary>
    public RunAhead? MakeAhead(PipelineDefinition pipeline, IdSource ids, DateTimeOffset at)
    {
        var row = _rows[pipeline.Name];
        var decided = row.ScheduledUntil;
        if (row.Paused != 0 || SchedulePlan.Next(pipeline, row, at) is not { } run || run.RunAfter != at)
        {
            return null;
        }

        row.ScheduledUntil = Instant.ToMicroseconds(run.End);
        var next = SchedulePlan.Next(pipeline, row, at);
        row.ScheduledUntil = decided;
        return next is { } following && following.RunAfter <= at
            ? null
            : new RunAhead(RunWrites.NewRun(pipeline, ids.NewId(), RunTrigger.Scheduled, run.Start, new DataInterval(run.Start, run.End), at), decided, next?.RunAfter);
    }

    /// <summary>
    /// Whether a run made here may start at once, as it is made: nothing of its pipeline waits before it, its limit leaves room, and nothing else has to be asked first, such as the run
    /// before it, the versions of tables or the cache. If so, it counts as running from now on.
    /// </summary>
    public bool Admit(PipelineDefinition pipeline)
    {
        var active = _active.GetValueOrDefault(pipeline.Name);
        if (!pipeline.StartsUnasked || active.Queued > 0 || active.Running >= pipeline.MaxActiveRuns)
        {
            // The runs of this pipeline that follow wait behind this one.
            _active[pipeline.Name] = active with { Queued = active.Queued + 1 };
            return false;
        }

        _active[pipeline.Name] = active with { Running = active.Running + 1 };
        return true;
    }

    /// <summary>Stores how far schedules are decided.</summary>
    public Task StoreDecidedAsync(DbConnection connection, DbTransaction transaction) => _decided.ExecuteAsync(connection, transaction);

    private void Decide(PipelineRow row, long? before)
    {
        if (row.ScheduledUntil != before)
        {
            _decided.Add("UPDATE pipeline SET scheduled_until = @until WHERE name = @name AND coalesce(scheduled_until, @until) <= @until")
                .Text("name", row.Name)
                .Number("until", row.ScheduledUntil);
        }
    }

    private void Take(IEnumerable<(string Pipeline, long Scheduled, long Queued, long Running)> counts)
    {
        foreach (var (pipeline, scheduled, queued, running) in counts)
        {
            _active[pipeline] = new ActiveCounts(scheduled, queued, running);
        }
    }

    /// <summary>Runs of a pipeline that have not ended.</summary>
    /// <param name="Scheduled">Those that its schedule made.</param>
    /// <param name="Queued">Those that have not started, whoever made them.</param>
    /// <param name="Running">Those that count against its limit of active runs.</param>
    private readonly record struct ActiveCounts(long Scheduled, long Queued, long Running);
}

/// <summary>When the schedule of one pipeline is looked at next.</summary>
/// <param name="NextAt">When its next run is due; null for never, or paused.</param>
/// <param name="Blocked">Whether the next one is due, and waits for an active run to end.</param>
internal sealed record DueRuns(DateTimeOffset? NextAt, bool Blocked);
