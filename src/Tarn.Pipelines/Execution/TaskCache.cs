using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>Results of tasks by the hash of their input.</summary>
internal static class TaskCache
{
    /// <summary>SHA-256 over everything that the task's code takes: each part with its length, so that no two inputs give one text.</summary>
    public static string KeyOf(PipelineDefinition pipeline, RunRow run, TaskNode node, CachePolicy policy, AttemptInput input)
    {
        var text = new StringBuilder();
        Add(text, pipeline.Name);
        Add(text, node.Definition.Name);
        Add(text, policy.Version ?? node.Definition.Code!.Build);
        Add(text, policy.PerInterval ? $"{run.IntervalStart}-{run.IntervalEnd}" : null);
        Add(text, input.Item);
        Add(text, node.Definition.Code!.TakesContext ? input.Parameters : null);
        foreach (var taken in node.Definition.Code!.Parameters)
        {
            Add(text, taken.Name);
            Add(text, taken.Origin switch
            {
                CodeParameter.Source.Result => input.Results.GetValueOrDefault(taken.Name),
                CodeParameter.Source.Parameter => input.Parameter(taken.Name),
                _ => null,
            });
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    public static async Task<CacheRow?> FindAsync(DbConnection connection, string key, DateTimeOffset now) =>
        await connection.QuerySingleOrDefaultAsync<CacheRow>(
            "SELECT result, run FROM task_cache WHERE key = @key AND expires > @now", new { key, now = Instant.ToMicroseconds(now) });

    public static Task StoreAsync(DbConnection connection, DbTransaction transaction, RunRow run, TaskNode node, DateTimeOffset now) =>
        connection.ExecuteAsync(
            """
            INSERT INTO task_cache(key, result, run, expires) VALUES (@key, @result, @run, @expires)
            ON CONFLICT(key) DO UPDATE SET result = excluded.result, run = excluded.run, expires = excluded.expires
            """,
            new { key = node.CacheKey, result = node.Result, run = run.Id, expires = Instant.ToMicroseconds(now + node.Definition.Cache!.For) },
            transaction);

    private static void Add(StringBuilder text, string? part) => text.Append(part?.Length ?? -1).Append(':').Append(part).Append(';');
}

/// <summary>A cached result.</summary>
internal sealed class CacheRow
{
    public string? Result { get; set; }

    public string Run { get; set; } = "";
}
