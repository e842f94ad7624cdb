using System.Data.Common;
using System.Globalization;
using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>What is read of backfills.</summary>
internal static class BackfillQueries
{
    /// <summary>What a backfill would do at this moment.</summary>
    /// <exception cref="TarnException">A value is out of its range.</exception>
    public static async Task<BackfillPreview> PreviewAsync(
        DbConnection connection, DbTransaction? transaction, BackfillRequest request, Timetable timetable, DateTimeOffset now)
    {
        request = request.Checked();
        var ranges = await IntervalStates.ListAsync(connection, transaction, request.Pipeline, request.From, request.To);
        var active = await IntervalRuns.ActiveAsync(connection, transaction, request.Pipeline);
        return BackfillPlan.Make(timetable, ranges, active, request, now);
    }

    /// <exception cref="TarnException">There is none of that id.</exception>
    public static async Task<BackfillSummary> GetAsync(DbConnection connection, string id, DbTransaction? transaction = null) =>
        (await RowAsync(connection, id, transaction)).Summary();

    /// <summary>Backfills, newest first.</summary>
    /// <param name="connection">The store.</param>
    /// <param name="pipeline">Only this pipeline's; null for all.</param>
    /// <param name="limit">At most so many; 1 to 1,000.</param>
    /// <param name="transaction">The caller's, if it has one.</param>
    public static async Task<IReadOnlyList<BackfillSummary>> ListAsync(DbConnection connection, string? pipeline, int limit = 50, DbTransaction? transaction = null)
    {
        if (limit is < 1 or > 1000)
        {
            throw TarnException.InvalidInput("The limit of listed backfills is 1 to 1,000.", limit.ToString(CultureInfo.InvariantCulture));
        }

        var where = pipeline is null ? "" : "WHERE pipeline = @pipeline";
        var rows = await connection.QueryAsync<BackfillRow>(
            $"SELECT {BackfillRow.Columns} FROM pipeline_backfill {where} ORDER BY created_at DESC, id DESC LIMIT @limit", new { pipeline = StoredText.Clean(pipeline), limit }, transaction);
        return [.. rows.Select(static r => r.Summary())];
    }

    /// <summary>Those of which runs are to be made, oldest first.</summary>
    public static async Task<IReadOnlyList<BackfillSummary>> RunningAsync(DbConnection connection, DbTransaction? transaction = null)
    {
        // The first condition is that of the index.
        var rows = await connection.QueryAsync<BackfillRow>(
            $"SELECT {BackfillRow.Columns} FROM pipeline_backfill WHERE state IN ('running', 'paused') AND state = 'running' ORDER BY created_at, id", transaction: transaction);
        return [.. rows.Select(static r => r.Summary())];
    }

    public static async Task<BackfillRow> RowAsync(DbConnection connection, string id, DbTransaction? transaction) =>
        await connection.QuerySingleOrDefaultAsync<BackfillRow>($"SELECT {BackfillRow.Columns} FROM pipeline_backfill WHERE id = @id", new { id = StoredText.Clean(id) }, transaction)
        ?? throw TarnException.NotFound("No backfill has that id.", id);

    /// <summary>The ids of a backfill's runs that have not ended, oldest first.</summary>
    public static async Task<IReadOnlyList<string>> ActiveRunsAsync(DbConnection connection, DbTransaction transaction, BackfillSummary backfill) =>
        (await connection.QueryAsync<string>(
            "SELECT id FROM pipeline_run WHERE pipeline = @pipeline AND state IN ('queued', 'running') AND backfill = @id ORDER BY seq",
            new { pipeline = backfill.Pipeline, id = backfill.Id },
            transaction)).AsList();
}
