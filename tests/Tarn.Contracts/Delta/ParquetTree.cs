using Tarn.Native;

namespace Tarn.Contracts;

/// <summary>A node of a Parquet file's schema.</summary>
internal sealed record ParquetNode(string Name, long? FieldId, string? Physical, string? Converted, string? Repetition, string? DuckType)
{
    public List<ParquetNode> Children { get; } = [];

    /// <summary>The element of a list: of three levels, or of two.</summary>
    public ParquetNode? Element => Children is [var repeated]
        ? repeated.Children is [var only] && repeated.Name is not "array" && !repeated.Name.EndsWith("_tuple", StringComparison.Ordinal) ? only : repeated
        : null;

    public ParquetNode? Key => Children is [{ Children: [var key, ..] }] ? key : null;

    public ParquetNode? Value => Children is [{ Children: [_, var value] }] ? value : null;

    /// <summary>The child that a field of the table's schema means.</summary>
    public ParquetNode? Find(DeltaField field, string mapping)
    {
        if (mapping == "id")
        {
            return Children.Find(c => c.FieldId is { } id && id == field.Id);
        }

        var name = field.NameInFiles(mapping);
        return Children.Find(c => c.Name == name) ?? Children.Find(c => string.Equals(c.Name, name, StringComparison.OrdinalIgnoreCase));
    }
}

/// <summary>What a Parquet file's footer says.</summary>
internal sealed record ParquetFooter(long Rows, ParquetNode Root)
{
    public static ParquetFooter Read(DuckDbConnection connection, string file)
    {
        var path = DeltaSql.Text(file);
        var rows = (long)connection.Scalar($"SELECT num_rows FROM parquet_file_metadata({path})")!;
        using var result = connection.Query($"SELECT name, num_children, field_id, type, converted_type, repetition_type, duckdb_type FROM parquet_schema({path})");
        var nodes = new Queue<(ParquetNode Node, long Children)>();
        while (result.Fetch() is { } chunk)
        {
            using (chunk)
            {
                for (var i = 0; i < chunk.Count; i++)
                {
                    object? Cell(int column) => chunk.Column(column).GetValue(i);
                    nodes.Enqueue((new ParquetNode((string)Cell(0)!, (long?)Cell(2), (string?)Cell(3), (string?)Cell(4), (string?)Cell(5), (string?)Cell(6)), (long?)Cell(1) ?? 0));
                }
            }
        }

        return new ParquetFooter(rows, Build(nodes));
    }

    private static ParquetNode Build(Queue<(ParquetNode Node, long Children)> nodes)
    {
        var (node, children) = nodes.Dequeue();
        for (var i = 0L; i < children; i++)
        {
            node.Children.Add(Build(nodes));
        }

        return node;
    }
}
