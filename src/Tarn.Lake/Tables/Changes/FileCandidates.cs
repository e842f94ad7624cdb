using System.Text.Json;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>The files that may hold rows which satisfy a condition, by their partition values and statistics, and which of others' files would count among them.</summary>
/// <param name="Files">The version's files, in its order.</param>
/// <param name="Reads">What another commit must not touch.</param>
internal sealed record FileCandidates(IReadOnlyList<DataFile> Files, ReadSet Reads)
{
    /// <summary>Of so many values of a source at most each is looked for by itself; of more, all between the least and the greatest.</summary>
    private const int MostValues = 64;

    /// <param name="table">The table.</param>
    /// <param name="state">The version.</param>
    /// <param name="connection">A connection that nobody else uses until the commit is made.</param>
    /// <param name="where">The condition over <c>target</c>, checked; null for all files.</param>
    /// <param name="parameters">Values of its parameters.</param>
    /// <param name="cancellationToken">Ends the choice.</param>
    public static Task<FileCandidates> OfAsync(
        LakeTable table, LogState state, DuckDbConnection connection, string? where, IReadOnlyDictionary<string, object?> parameters, CancellationToken cancellationToken) =>
        DuckDbWork.RunAsync(connection, () => Of(table, state, connection, where, parameters), cancellationToken);

    /// <summary>The files that may hold rows which match rows of a source.</summary>
    /// <param name="table">The table.</param>
    /// <param name="state">The version.</param>
    /// <param name="connection">A connection that has the source, and that nobody else uses until the commit is made.</param>
    /// <param name="on">The condition over <c>target</c> and <c>source</c>, checked; null for all files.</param>
    /// <param name="source">The source's table.</param>
    /// <param name="parameters">Values of the condition's parameters.</param>
    /// <param name="cancellationToken">Ends the choice.</param>
    public static Task<FileCandidates> OfJoinAsync(
        LakeTable table, LogState state, DuckDbConnection connection, string? on, string source, IReadOnlyDictionary<string, object?> parameters, CancellationToken cancellationToken) =>
        DuckDbWork.RunAsync(
            connection,
            () => Of(table, state, connection, on is null ? null : $"{on}{string.Concat(EqualColumns(connection, on, state, source).Select(e => $" AND {Values(connection, source, e.Target, e.Source)}"))}", parameters),
            cancellationToken);

    private static FileCandidates Of(LakeTable table, LogState state, DuckDbConnection connection, string? where, IReadOnlyDictionary<string, object?> parameters)
    {
        if (where is null || Read(connection, where) is not { } predicate)
        {
            return new FileCandidates(state.OrderedFiles, ReadSet.Everything);
        }

        var chosen = Choose(table, state, connection, predicate, parameters);
        return new FileCandidates(chosen is null ? state.OrderedFiles : [.. chosen.Select(i => state.OrderedFiles[i])], ReadSet.Where(Covers));

        bool Covers(AddFile file)
        {
            // As if it were there, and twice: of one file alone nothing is asked.
            var there = LogState.Empty.Apply(0, 0, [state.Protocol!, state.Metadata!, file, file with { Path = file.Path + ".twin" }]);
            return Choose(table, there, connection, predicate, parameters) is not { Length: 0 };
        }
    }

    private static int[]? Choose(LakeTable table, LogState state, DuckDbConnection connection, FilePredicate predicate, IReadOnlyDictionary<string, object?> parameters)
    {
        var schema = $"memory.files_{table.Owner.Ids.NewId()}";
        try
        {
            return new FileChoice(connection, schema).Choose(state, [predicate], parameters);
        }
        finally
        {
            connection.Execute($"DROP SCHEMA IF EXISTS {schema} CASCADE");
        }
    }

    private static FilePredicate? Read(DuckDbConnection connection, string where)
    {
        using var tree = Parse(connection, where);
        return new FilterReader(connection).Read(Expression(tree), "target");
    }

    /// <summary>The columns of the table that the condition wants equal to columns of the source.</summary>
    private static List<(DeltaField Target, string Source)> EqualColumns(DuckDbConnection connection, string on, LogState state, string from)
    {
        using var tree = Parse(connection, on);
        using var none = connection.Query($"SELECT * FROM {from} LIMIT 0");
        var types = none.Columns;
        var pairs = new List<(DeltaField, string)>();
        Collect(Expression(tree));
        return pairs;

        void Collect(JsonElement node)
        {
            switch (node.GetProperty("type").GetString())
            {
                case "CONJUNCTION_AND":
                    foreach (var child in node.GetProperty("children").EnumerateArray())
                    {
                        Collect(child);
                    }

                    break;
                case "COMPARE_EQUAL":
                    var (left, right) = (Column(node.GetProperty("left")), Column(node.GetProperty("right")));
                    var (target, source) = left is ["target", _] ? (left, right) : (right, left);
                    if (target is ["target", var name] && source is ["source", var other] && state.Fields.Find(name) is { Type: DeltaPrimitive type } field && IsAlike(types, other, type.Type))
                    {
                        pairs.Add((field, other));
                    }

                    break;
            }
        }
    }

    /// <summary>Whether values of the source's column are compared as what they are: texts, say, that are compared as numbers tell nothing of the texts in files.</summary>
    private static bool IsAlike(IReadOnlyList<DuckDbColumn> columns, string name, ColumnType type) =>
        type is not PrimitiveType { Name: "float" or "double" or "binary" or "boolean" }
        && columns.FirstOrDefault(c => string.Equals(c.Name, name, StringComparison.OrdinalIgnoreCase)) is { } column
        && (column.Type.ToString() == SqlNames.Type(type)
            || (type is PrimitiveType { Name: "byte" or "short" or "integer" or "long" } && column.Type.Id is DuckDbTypeId.TinyInt or DuckDbTypeId.SmallInt or DuckDbTypeId.Integer or DuckDbTypeId.BigInt));

    /// <summary>What the source's values say of those of the table's column; a condition that nothing satisfies where there are none.</summary>
    private static string Values(DuckDbConnection connection, string source, DeltaField field, string column)
    {
        var (name, type) = (SqlNames.Quote(column), SqlNames.Type(field.Type.Logical));
        var target = $"target.{SqlNames.Quote(field.Name)}";
        var values = new List<string>();
        using (var result = connection.Query(FormattableString.Invariant($"SELECT DISTINCT CAST({name} AS VARCHAR) FROM {source} WHERE {name} IS NOT NULL LIMIT {MostValues + 1}")))
        {
            // Few rows, too, come in several chunks: those of different threads.
            while (result.Fetch() is { } chunk)
            {
                using (chunk)
                {
                    for (var i = 0; i < chunk.Count; i++)
                    {
                        values.Add($"CAST({SqlNames.Text(chunk.Column(0).GetString(i))} AS {type})");
                    }
                }
            }
        }

        if (values.Count == 0)
        {
            return $"{target} IS NULL AND {target} IS NOT NULL";
        }

        if (values.Count <= MostValues)
        {
            return $"{target} IN ({string.Join(", ", values)})";
        }

        using var ends = connection.Query($"SELECT CAST(min({name}) AS VARCHAR), CAST(max({name}) AS VARCHAR) FROM {source}");
        using var only = ends.Fetch()!;
        return $"{target} >= CAST({SqlNames.Text(only.Column(0).GetString(0))} AS {type}) AND {target} <= CAST({SqlNames.Text(only.Column(1).GetString(0))} AS {type})";
    }

    private static List<string>? Column(JsonElement node) => node.GetProperty("class").GetString() == "COLUMN_REF"
        ? [.. node.GetProperty("column_names").EnumerateArray().Select(static n => n.GetString()!)]
        : null;

    private static JsonElement Expression(JsonDocument tree) => tree.RootElement.GetProperty("statements")[0].GetProperty("node").GetProperty("select_list")[0];

    private static JsonDocument Parse(DuckDbConnection connection, string expression)
    {
        using var statement = connection.Prepare("SELECT json_serialize_sql($1::VARCHAR)");
        using var result = statement.Bind(1, $"SELECT {expression}").Query();
        using var chunk = result.Fetch()!;
        return JsonDocument.Parse(chunk.Column(0).GetBytes(0).ToArray());
    }
}
