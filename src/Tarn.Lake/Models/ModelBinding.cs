using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// Finds the columns that models' queries give, without any rows: DuckDB binds each query against empty tables of the right columns. For one
/// use; the models come in their order.
/// </summary>
internal sealed class ModelBinding(DuckDbConnection connection, ModelErrors errors)
{
    private readonly Dictionary<string, TableSchema> _schemas = new(StringComparer.Ordinal);

    /// <summary>Makes a table known.</summary>
    public void Add(string name, TableSchema schema)
    {
        _schemas[name] = schema;
        var table = TableName.Parse(name);
        var columns = string.Join(", ", schema.Columns.Select(static c => $"CAST(NULL AS {SqlNames.Type(c.Type)}) AS {SqlNames.Quote(c.Name)}"));
        connection.Execute($"CREATE SCHEMA IF NOT EXISTS {SqlNames.Quote(table.Layer)}; CREATE OR REPLACE VIEW {SqlNames.Quote(table.Layer)}.{SqlNames.Quote(table.Name)} AS SELECT {columns} WHERE false");
    }

    /// <summary>The model's columns; null where its query or its header is wrong, or one that it reads is.</summary>
    public TableSchema? Bind(SqlModel model)
    {
        if (!model.IsReadable || !model.Reads.All(_schemas.ContainsKey))
        {
            return null;
        }

        IReadOnlyList<DuckDbColumn> columns;
        try
        {
            using var result = connection.Query($"SELECT * FROM (\n{model.Sql.TrimEnd(';', ' ', '\n', '\t')}\n) LIMIT 0");
            columns = result.Columns;
        }
        catch (DuckDbException e)
        {
            ModelQuery.Add(model, e, errors, before: 1);
            return null;
        }

        foreach (var finding in TrinoDialect.Check(connection, model.Sql, name => TypeOf(model, name)))
        {
            errors.Add(model.File, model.SqlLine + finding.Line - 1, finding.Text);
        }

        if (Schema(model, columns) is not { } schema)
        {
            return null;
        }

        CheckHeader(model, schema);
        Add(model.Name, schema);
        return schema;
    }

    /// <summary>Checks what the models' tests say of other tables; once all are bound.</summary>
    public void CheckTests(SqlModel model)
    {
        foreach (var test in model.Tests)
        {
            if (test.To is not null && _schemas.TryGetValue(test.To, out var schema))
            {
                foreach (var missing in test.ToColumns.Where(c => schema.Find(c) is null))
                {
                    errors.Add(model.File, test.Line, $"{test.To} has no column `{missing}`; it has {Names(schema)}.");
                }
            }
        }
    }

    private TableSchema? Schema(SqlModel model, IReadOnlyList<DuckDbColumn> columns)
    {
        var good = true;
        foreach (var twice in columns.GroupBy(static c => c.Name, StringComparer.OrdinalIgnoreCase).Where(static g => g.Count() > 1))
        {
            Wrong($"The query gives {twice.Count()} columns named `{twice.Key}`; write AS name.");
        }

        foreach (var column in columns)
        {
            var type = SqlNames.FromDuckDb(column.Type);
            if (type is ArrayType or MapType or StructType || (type == ColumnType.String && column.Type.Id != DuckDbTypeId.Varchar) || column.Type.Id is DuckDbTypeId.HugeInt or DuckDbTypeId.UHugeInt)
            {
                Wrong($"The column `{column.Name}` has DuckDB's type {column.Type.Id.ToString().ToUpperInvariant()}; cast it to one that a table of both engines has.");
            }
        }

        return good ? new TableSchema(columns.Select(c => new Column(
            c.Name, SqlNames.FromDuckDb(c.Type), true, model.Columns.FirstOrDefault(d => d.Name.Equals(c.Name, StringComparison.OrdinalIgnoreCase))?.Description))) : null;

        void Wrong(string text)
        {
            good = false;
            errors.Add(model.File, model.SqlLine, text);
        }
    }

    private void CheckHeader(SqlModel model, TableSchema schema)
    {
        foreach (var column in model.Columns)
        {
            Require([column.Name], model.LineOf($"columns.{column.Name}"), "The query gives no column");
        }

        Require(model.UniqueKey, model.LineOf("unique_key"), "unique_key names");
        Require(model.PartitionBy, model.LineOf("partition_by"), "partition_by names");
        Require(model.Watermark is { } w ? [w] : [], model.LineOf("watermark"), "watermark names");
        Require(model.EventTime is { } time ? [time] : [], model.LineOf("event_time"), "event_time names");
        if (model.EventTime is { } named && schema.Find(named) is { } timed && !EventTime.IsTime(timed.Type))
        {
            errors.Add(model.File, model.LineOf("event_time"), $"An event time is a timestamp or a day; `{named}` has type {timed.Type}.");
        }

        foreach (var test in model.Tests)
        {
            Require(test.Columns, test.Line, "The test names");
        }

        if (model.PartitionBy.Count > 0 && model.PartitionBy.Count >= schema.Columns.Count)
        {
            errors.Add(model.File, model.LineOf("partition_by"), "A table has at least one column that it is not partitioned by.");
        }

        if (model.Watermark is { } watermark && schema.Find(watermark) is { } column2)
        {
            CheckWatermark(model, column2);
        }

        void Require(IEnumerable<string> names, int line, string what)
        {
            foreach (var missing in names.Where(n => schema.Find(n) is null))
            {
                errors.Add(model.File, line, what == "The query gives no column"
                    ? $"The query gives no column `{missing}`; it gives {Names(schema)}."
                    : $"{what} `{missing}`, and the query gives no such column; it gives {Names(schema)}.");
            }
        }
    }

    private void CheckWatermark(SqlModel model, Column column)
    {
        var time = column.Type == ColumnType.Timestamp || column.Type == ColumnType.TimestampNtz || column.Type == ColumnType.Date;
        var number = column.Type == ColumnType.Byte || column.Type == ColumnType.Short || column.Type == ColumnType.Integer || column.Type == ColumnType.Long || column.Type is DecimalType
            || column.Type == ColumnType.Double || column.Type == ColumnType.Float;
        if (!time && !number)
        {
            errors.Add(model.File, model.LineOf("watermark"), $"A watermark is a time or a number; `{column.Name}` has type {column.Type}.");
        }
        else if (model.Lookback is { } lookback && ModelHeader.IsNumber(lookback) != number)
        {
            errors.Add(model.File, model.LineOf("lookback"), number
                ? $"`{column.Name}` is a number, so that the lookback is one; not `{lookback}`."
                : $"`{column.Name}` is a time, so that the lookback is a duration, as in 3d; not `{lookback}`.");
        }
        else if (column.Type == ColumnType.Date && model.Lookback is { } days && !days.EndsWith('d'))
        {
            errors.Add(model.File, model.LineOf("lookback"), $"`{column.Name}` is a date, so that the lookback is in days, as in 3d; not `{days}`.");
        }
    }

    // A column's type where all tables that the model reads agree on it.
    private ColumnType? TypeOf(SqlModel model, string column)
    {
        var types = model.Reads.Select(t => _schemas[t].Find(column)?.Type).OfType<ColumnType>().Distinct().ToList();
        return types.Count == 1 ? types[0] : null;
    }

    private static string Names(TableSchema schema) => string.Join(", ", schema.Columns.Select(static c => c.Name));
}
