using System.Text.Json;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// What every row of a table must satisfy: columns that are never null, CHECK constraints (properties <c>delta.constraints.*</c>) and column invariants. An expression must be
/// true for a row, not merely not false.
/// </summary>
internal sealed class TableConstraints
{
    public const string Property = "delta.constraints.";

    private readonly List<Rule> _rules;
    private readonly string _row;

    private TableConstraints(List<Rule> rules, string row)
    {
        _rules = rules;
        _row = row;
    }

    /// <summary>Whether the table has constraints beside columns that are never null.</summary>
    public static bool HasExpressions(LogState state) =>
        state.Metadata!.Configuration.Keys.Any(static k => k.StartsWith(Property, StringComparison.OrdinalIgnoreCase)) || state.Fields.Fields.Any(HasInvariant);

    /// <exception cref="TarnException">A constraint is nothing that can be checked.</exception>
    public static TableConstraints Of(string table, LogState state, DuckDbConnection connection)
    {
        var rules = new List<Rule>();
        foreach (var field in state.Fields.Fields)
        {
            Fields(table, field, SqlNames.Quote(field.Name), field.Name, null, connection, rules);
        }

        foreach (var (name, expression) in state.Metadata!.Configuration.OrderBy(static p => p.Key, StringComparer.Ordinal))
        {
            if (name.StartsWith(Property, StringComparison.OrdinalIgnoreCase))
            {
                rules.Add(new Rule(
                    SqlExpression.Check(connection, expression, $"Constraint {name[Property.Length..]} of table {table}"),
                    $"Constraint {name[Property.Length..]} of table {table} holds for every row: {expression}",
                    "Correct the rows, or drop the constraint."));
            }
        }

        // The table's columns alone, whatever else goes with a row.
        var row = string.Join(", ", state.Fields.Fields.Select(static f => $"{SqlNames.Quote(f.Name)} := {WriteLayout.Row}.{SqlNames.Quote(f.Name)}"));
        return new TableConstraints(rules, $"struct_pack({row})");
    }

    /// <summary>Makes an expression one that fails where a row breaks a rule; null where there is none.</summary>
    /// <param name="unless">A condition under which a row is not looked at; null to look at every one.</param>
    public Func<string, string>? Guard(string? unless = null) => _rules.Count == 0 ? null : value =>
    {
        // The rules are over columns by their names alone, which are those of the row.
        var guarded = string.Concat(_rules.Select(r => $" WHEN {r.Condition} IS NOT TRUE THEN {RuleBroken.Error(r.Sentence, r.Remedy, _row)}"));
        return unless is null ? $"CASE{guarded} ELSE {value} END" : $"CASE WHEN {unless} THEN {value}{guarded} ELSE {value} END";
    };

    private static void Fields(string table, DeltaField field, string value, string path, string? parent, DuckDbConnection connection, List<Rule> rules)
    {
        if (!field.Nullable)
        {
            var condition = parent is null ? $"({value} IS NOT NULL)" : $"({parent} IS NULL OR {value} IS NOT NULL)";
            rules.Add(new Rule(condition, $"Column {path} of table {table} is never null.", "Give it a value."));
        }

        if (HasInvariant(field))
        {
            var expression = InvariantOf(table, field);
            rules.Add(new Rule(
                SqlExpression.Check(connection, expression, $"The invariant of column {path} of table {table}"),
                $"The invariant of column {path} of table {table} holds for every row: {expression}",
                "Correct the rows."));
        }

        foreach (var inner in field.Type is DeltaStruct nested ? nested.Fields : [])
        {
            Fields(table, inner, $"struct_extract({value}, {SqlNames.Text(inner.Name)})", $"{path}.{inner.Name}", value, connection, rules);
        }
    }

    private static bool HasInvariant(DeltaField field) => field.Invariant is not null || (field.Type is DeltaStruct nested && nested.Fields.Any(HasInvariant));

    private static string InvariantOf(string table, DeltaField field)
    {
        try
        {
            using var json = JsonDocument.Parse(field.Invariant!);
            return json.RootElement.GetProperty("expression").GetProperty("expression").GetString()!;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw TarnException.Corrupt($"The invariant of column {field.Name} of table {table} is a JSON object that holds expression.expression.", field.Invariant, null, e);
        }
    }

    private sealed record Rule(string Condition, string Sentence, string Remedy);
}
