using System.Text.RegularExpressions;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Changes of a table's columns, constraints and properties, each a commit of its own.</summary>
internal static partial class TableEvolution
{
    public static Task<CommitResult> SetPropertiesAsync(LakeTable table, IReadOnlyDictionary<string, string?> properties, CancellationToken cancellationToken) =>
        RunAsync(table, "SET TBLPROPERTIES", (_, change) =>
        {
            foreach (var (name, value) in properties)
            {
                change.SetProperty(name, value);
            }

            return Task.CompletedTask;
        }, cancellationToken);

    public static Task<CommitResult> AddColumnsAsync(LakeTable table, IReadOnlyList<Column> columns, CancellationToken cancellationToken) =>
        RunAsync(table, "ADD COLUMNS", (state, change) =>
        {
            foreach (var column in columns)
            {
                if (change.Fields.Any(f => string.Equals(f.Name, column.Name, StringComparison.OrdinalIgnoreCase)))
                {
                    throw TarnException.Conflict($"A column added to table {table.Name} has a name of its own.", column.Name, "Choose another.");
                }

                if (!column.Nullable && state.Files.Count > 0)
                {
                    throw TarnException.InvalidInput($"A column added to table {table.Name} may be null: rows that are there have no value for it.", column.Name, "Add it as nullable.");
                }

                change.Add(column);
            }

            return Task.CompletedTask;
        }, cancellationToken);

    public static Task<CommitResult> WidenAsync(LakeTable table, string column, ColumnType type, CancellationToken cancellationToken) =>
        RunAsync(table, "CHANGE COLUMN", (_, change) =>
        {
            change.Widen(Find(table, change, column), type);
            return Task.CompletedTask;
        }, cancellationToken);

    public static Task<CommitResult> RenameAsync(LakeTable table, string column, string name, CancellationToken cancellationToken) =>
        RunAsync(table, "RENAME COLUMN", (state, change) =>
        {
            RequireMapped(table, change, column);
            var field = Find(table, change, column);
            if (change.Fields.Any(f => !ReferenceEquals(f, field) && string.Equals(f.Name, name, StringComparison.OrdinalIgnoreCase)) || name.Length == 0)
            {
                throw TarnException.Conflict($"The columns of table {table.Name} have each a name of its own.", name, "Choose another.");
            }

            RequireUnused(table, state, field);
            change.Rename(field, name);
            return Task.CompletedTask;
        }, cancellationToken);

    public static Task<CommitResult> DropAsync(LakeTable table, IReadOnlyList<string> columns, CancellationToken cancellationToken) =>
        RunAsync(table, "DROP COLUMNS", (state, change) =>
        {
            foreach (var column in columns)
            {
                RequireMapped(table, change, column);
                var field = Find(table, change, column);
                RequireUnused(table, state, field);
                if (state.Metadata!.PartitionColumns.Contains(field.Name, StringComparer.OrdinalIgnoreCase))
                {
                    throw TarnException.Conflict($"Table {table.Name} keeps its partition columns for life.", field.Name, "Make a new table.");
                }

                if (string.Equals(change.Properties.GetValueOrDefault(EventTime.Property), field.Name, StringComparison.OrdinalIgnoreCase))
                {
                    throw TarnException.Conflict($"The event time of table {table.Name} stays.", field.Name, $"Remove the table's property {EventTime.Property} first.");
                }

                change.Replace([.. change.Fields.Where(f => !ReferenceEquals(f, field))]);
            }

            if (change.Fields.Count <= state.Metadata!.PartitionColumns.Count)
            {
                throw TarnException.InvalidInput($"Table {table.Name} has at least one column that it is not partitioned by.", string.Join(", ", columns), "Keep one.");
            }

            return Task.CompletedTask;
        }, cancellationToken);

    public static Task<CommitResult> AddConstraintAsync(LakeTable table, string name, string expression, CancellationToken cancellationToken)
    {
        if (!Name().IsMatch(name))
        {
            throw TarnException.InvalidInput("A constraint's name is letters, digits and underscores.", name);
        }

        return RunAsync(table, "ADD CONSTRAINT", async (state, change) =>
        {
            if (Constraint(state, name) is not null)
            {
                throw TarnException.Conflict($"A constraint of table {table.Name} has a name of its own.", name, "Drop the other first.");
            }

            change.Set(TableConstraints.Property + name.ToLowerInvariant(), expression);
            change.Feature(TableFeature.CheckConstraints);
            await RequireSatisfiedAsync(table, state, name, expression, cancellationToken).ConfigureAwait(false);
        }, cancellationToken);
    }

    public static Task<CommitResult> DropConstraintAsync(LakeTable table, string name, CancellationToken cancellationToken) =>
        RunAsync(table, "DROP CONSTRAINT", (state, change) =>
        {
            change.Set(Constraint(state, name) ?? throw TarnException.NotFound($"Table {table.Name} has no such constraint.", name), null);
            return Task.CompletedTask;
        }, cancellationToken);

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    private static async Task<CommitResult> RunAsync(
        LakeTable table, string operation, Func<LogState, SchemaChange, Task> make, CancellationToken cancellationToken)
    {
        while (true)
        {
            var state = await table.StateAsync(null, cancellationToken).ConfigureAwait(false);
            TableProtocol.RequireWritable(state);
            var change = new SchemaChange(table, state);
            await make(state, change).ConfigureAwait(false);
            var actions = change.Actions();
            if (actions.Count == 0)
            {
                return new CommitResult(state.Version, false, 0, 0);
            }

            // Everything counts as read: rows that came meanwhile are to be looked at, too.
            var plan = new CommitPlan { Operation = operation, Rule = ConflictRule.ReadAndRewrite, Actions = actions };
            if (await table.CommitAsync(state, plan, 0, 0, cancellationToken).ConfigureAwait(false) is (CommitOutcome.Committed, var after))
            {
                return new CommitResult(after.Version, true, 0, 0);
            }
        }
    }

    private static async Task RequireSatisfiedAsync(LakeTable table, LogState state, string name, string expression, CancellationToken cancellationToken)
    {
        using var lease = table.Owner.DuckDb.Rent();
        var connection = lease.Connection;
        using var scan = await TableScan.OpenAsync(table, connection, state, state.OrderedFiles, "checked", cancellationToken).ConfigureAwait(false);
        await DuckDbWork.RunAsync(
            connection,
            () =>
            {
                var condition = SqlExpression.Check(connection, expression, "A constraint");
                using var result = connection.Query($"SELECT CAST(to_json(r) AS VARCHAR) FROM ({scan.Sql()}) r WHERE {condition} IS NOT TRUE LIMIT 1");
                using var chunk = result.Fetch();
                if (chunk is not null)
                {
                    throw TarnException.InvalidInput(
                        $"Constraint {name} of table {table.Name} holds for every row that is there: {expression}", chunk.Column(0).GetString(0), "Correct the rows first.");
                }
            },
            cancellationToken).ConfigureAwait(false);
    }

    private static string? Constraint(LogState state, string name) =>
        state.Metadata!.Configuration.Keys.FirstOrDefault(k => string.Equals(k, TableConstraints.Property + name, StringComparison.OrdinalIgnoreCase));

    private static DeltaField Find(LakeTable table, SchemaChange change, string column) =>
        change.Fields.FirstOrDefault(f => string.Equals(f.Name, column, StringComparison.OrdinalIgnoreCase))
        ?? throw TarnException.NotFound($"Table {table.Name} has no such column.", column, $"It has {string.Join(", ", change.Fields.Select(static f => f.Name))}.");

    private static void RequireMapped(LakeTable table, SchemaChange change, string column)
    {
        if (change.Mapping == ColumnMapping.None)
        {
            throw TarnException.InvalidInput(
                $"Columns of table {table.Name} are renamed and dropped where they are mapped to names in files.", column, "Set the table's property delta.columnMapping.mode to name first.");
        }
    }

    /// <summary>Expressions name columns by their names; whether one does is told by its words, rather once too often.</summary>
    private static void RequireUnused(LakeTable table, LogState state, DeltaField field)
    {
        foreach (var (name, expression) in state.Metadata!.Configuration)
        {
            if (name.StartsWith(TableConstraints.Property, StringComparison.OrdinalIgnoreCase)
                && Regex.IsMatch(expression, $@"(?<![A-Za-z0-9_]){Regex.Escape(field.Name)}(?![A-Za-z0-9_])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant))
            {
                throw TarnException.Conflict(
                    $"A column of table {table.Name} that a constraint names stays as it is.", $"{field.Name}: {expression}", $"Drop constraint {name[TableConstraints.Property.Length..]} first.");
            }
        }
    }
}
