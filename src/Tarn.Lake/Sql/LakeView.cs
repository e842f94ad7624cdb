using System.Text.Json;
using System.Text.Json.Nodes;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>
/// A view of the lake: a query under a name of its own, which other queries name as they name a table. It is stored beside the tables, so that every
/// program that opens the store sees it; it holds no rows, and reads its tables as they are when it is queried.
/// </summary>
public sealed record LakeView
{
    internal const string Folder = "_view";

    private const int Format = 1;

    internal LakeView(string name, string sql, TableSchema schema) => (Name, Sql, Schema) = (name, sql, schema);

    /// <summary>Its name, <c>layer.name</c>.</summary>
    public string Name { get; }

    /// <summary>The query.</summary>
    public string Sql { get; }

    /// <summary>The columns that the query gave when the view was stored.</summary>
    public TableSchema Schema { get; }

    /// <summary>What it is, or null.</summary>
    public string? Description { get; init; }

    /// <summary>When it was stored.</summary>
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>What marks the definition; equal where two are.</summary>
    internal string Hash { get; init; } = "";

    internal static string PathOf(string name) => $"{Lake.Folder(name)}/{Folder}/definition.json";

    internal byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(
        new JsonObject
        {
            ["format"] = Format,
            ["name"] = Name,
            ["description"] = Description,
            ["sql"] = Sql,
            ["schema"] = JsonNode.Parse(DeltaSchema.Of(Schema).ToJson()),
            ["hash"] = Hash,
            ["updatedAt"] = UpdatedAt.ToUnixTimeMilliseconds(),
        },
        JsonContext);

    /// <exception cref="TarnException">It is not a view's definition, or one of a later version.</exception>
    internal static LakeView Read(string name, ReadOnlySpan<byte> content)
    {
        try
        {
            var json = JsonNode.Parse(content)!.AsObject();
            var format = json["format"]!.GetValue<int>();
            if (format != Format)
            {
                throw new TarnException(ErrorKind.Unsupported, $"A view's definition has format {Format}.", $"{name}: {format}", "Use a later version of this program.");
            }

            return new LakeView(name, json["sql"]!.GetValue<string>(), DeltaSchema.Parse(json["schema"]!.ToJsonString()).Columns)
            {
                Description = json["description"]?.GetValue<string>(),
                Hash = json["hash"]?.GetValue<string>() ?? "",
                UpdatedAt = DateTimeOffset.FromUnixTimeMilliseconds(json["updatedAt"]?.GetValue<long>() ?? 0),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or ArgumentOutOfRangeException or FormatException)
        {
            throw TarnException.Corrupt("A view's definition is a JSON object with format, sql and schema.", PathOf(name), "Run its model again, or drop the view.", e);
        }
    }

    private static System.Text.Json.Serialization.Metadata.JsonTypeInfo<JsonNode> JsonContext { get; } =
        (System.Text.Json.Serialization.Metadata.JsonTypeInfo<JsonNode>)JsonSerializerOptions.Default.GetTypeInfo(typeof(JsonNode));
}
