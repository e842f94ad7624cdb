using System.Data.Common;
using System.Globalization;
using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>How far a pipeline has seen its sources: rows of pipeline_source.</summary>
internal static class SourceCursors
{
    public const string ForRepairs = "repair";
    public const string ForData = "data";

    public static string Name(this DataSourceKind kind) => kind == DataSourceKind.Table ? "table" : "topic";

    /// <summary>All cursors of one purpose, by pipeline and source.</summary>
    public static async Task<Dictionary<(string Pipeline, DataSource Source), SourceCursor>> ListAsync(DbConnection connection, string purpose, string? pipeline = null)
    {
        var where = pipeline is null ? "" : " AND pipeline = @pipeline";
        var rows = await connection.QueryAsync<SourceCursor>($"SELECT {SourceCursor.Columns} FROM pipeline_source WHERE purpose = @purpose{where}", new { purpose, pipeline });
        return rows.ToDictionary(static r => (r.Pipeline, r.Source));
    }

    /// <summary>Notes a source that is seen for the first time.</summary>
    public static Task<int> AddAsync(DbConnection connection, DbTransaction transaction, SourceCursor cursor) => connection.ExecuteAsync(
        """
        INSERT INTO pipeline_source(pipeline, purpose, kind, name, reached, table_id, taken_until) VALUES (@Pipeline, @Purpose, @Kind, @Name, @Reached, @TableId, @TakenUntil)
        ON CONFLICT(pipeline, purpose, kind, name) DO NOTHING
        """,
        cursor,
        transaction);

    /// <summary>Moves a cursor on; false where it is no longer where it was read: another leader was here.</summary>
    public static async Task<bool> AdvanceAsync(DbConnection connection, DbTransaction transaction, SourceCursor cursor, string reached, string? tableId, long? takenUntil = null) =>
        await connection.ExecuteAsync(
            """
            UPDATE pipeline_source SET reached = @reached, table_id = @tableId, taken_until = coalesce(@takenUntil, taken_until)
            WHERE pipeline = @pipeline AND purpose = @purpose AND kind = @kind AND name = @name AND reached = @was AND coalesce(table_id, '') = coalesce(@wasId, '')
            """,
            new { pipeline = cursor.Pipeline, purpose = cursor.Purpose, kind = cursor.Kind, name = cursor.Name, was = cursor.Reached, wasId = cursor.TableId, reached, tableId, takenUntil },
            transaction) == 1;
}

/// <summary>A row of pipeline_source, as Dapper reads it.</summary>
internal sealed class SourceCursor
{
    public const string Columns = "pipeline, purpose, kind, name, reached, table_id AS TableId, taken_until AS TakenUntil";

    public string Pipeline { get; set; } = "";

    public string Purpose { get; set; } = "";

    public string Kind { get; set; } = "";

    public string Name { get; set; } = "";

    public string Reached { get; set; } = "";

    public string? TableId { get; set; }

    public long? TakenUntil { get; set; }

    public DataSource Source => new(Kind == "table" ? DataSourceKind.Table : DataSourceKind.Topic, Name);

    /// <summary>Of a table: the version that has been seen; -1 where it had none.</summary>
    public long Version => Number(Reached);

    public static long Number(string reached) => long.TryParse(reached, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var version)
        ? version : throw TarnException.Corrupt("What has been seen of a table is a version.", reached);

    public static string Text(long version) => version.ToString(CultureInfo.InvariantCulture);
}
