using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>A parameter of a pipeline: a value that whoever runs it by hand may give, and its tasks may read. Immutable.</summary>
public sealed class ParameterDefinition
{
    private readonly Func<object?, string?>? _check;

    internal ParameterDefinition(string name, Type type, object? defaultValue, bool isRequired, string? description, Func<object?, string?>? check, JsonArray? choices)
    {
        Name = name;
        Type = type;
        IsRequired = isRequired;
        Description = description;
        Default = isRequired ? null : JsonSerializer.SerializeToElement(defaultValue, type, PipelineJson.Options);
        Schema = SchemaOf(type, Default, description, choices);
        _check = check;
    }

    /// <summary>Its name, unique in the pipeline.</summary>
    public string Name { get; }

    /// <summary>The type that tasks get.</summary>
    public Type Type { get; }

    /// <summary>Whether a run by hand must give it. A pipeline with such a parameter has no schedule.</summary>
    public bool IsRequired { get; }

    /// <summary>Its value where none is given; null where it must be given.</summary>
    public JsonElement? Default { get; }

    /// <summary>What it is for, or null.</summary>
    public string? Description { get; }

    /// <summary>Its JSON schema (2020-12), with default, description and choices.</summary>
    public JsonNode Schema { get; }

    /// <summary>What is wrong with a value, or null.</summary>
    internal string? ErrorOf(JsonElement value)
    {
        object? read;
        try
        {
            read = value.Deserialize(Type, PipelineJson.Options);
        }
        catch (JsonException)
        {
            return $"the parameter '{Name}' is {value.GetRawText()}; it has to be of the schema {Schema.ToJsonString()}";
        }

        if (read is null && Nullable.GetUnderlyingType(Type) is null && Type.IsValueType)
        {
            return $"the parameter '{Name}' is null; it has to be of the schema {Schema.ToJsonString()}";
        }

        if (Schema["enum"] is JsonArray choices && !choices.Any(c => JsonNode.DeepEquals(c, JsonNode.Parse(value.GetRawText()))))
        {
            return $"the parameter '{Name}' is {value.GetRawText()}; it is one of {choices.ToJsonString()}";
        }

        return _check?.Invoke(read) is { } rule ? $"the parameter '{Name}' is {value.GetRawText()}; {rule}" : null;
    }

    /// <summary>The values of a run: those given, and the defaults of the others.</summary>
    /// <exception cref="TarnException">A value is missing, unknown, or breaks its rule: the message has all.</exception>
    internal static string? Resolve(IReadOnlyList<ParameterDefinition> parameters, JsonElement? given, string pipeline, bool mayMiss = false)
    {
        if (given is null && parameters.Count == 0)
        {
            return null;
        }

        var errors = new List<string>();
        var values = new JsonObject();
        if (given is { ValueKind: not (JsonValueKind.Object or JsonValueKind.Null or JsonValueKind.Undefined) })
        {
            throw TarnException.InvalidInput("The parameters of a run are a JSON object, from name to value.", given.Value.GetRawText());
        }

        var unread = given is { ValueKind: JsonValueKind.Object } all ? all.EnumerateObject().ToDictionary(static p => p.Name, static p => p.Value, StringComparer.Ordinal) : [];
        foreach (var parameter in parameters)
        {
            if (unread.Remove(parameter.Name, out var value))
            {
                if (parameter.ErrorOf(value) is { } error)
                {
                    errors.Add(error);
                }

                values[parameter.Name] = JsonNode.Parse(value.GetRawText());
            }
            else if (parameter.Default is { } otherwise)
            {
                values[parameter.Name] = JsonNode.Parse(otherwise.GetRawText());
            }
            else if (!mayMiss)
            {
                errors.Add($"the parameter '{parameter.Name}' has no default and has to be given");
            }
        }

        errors.AddRange(unread.Keys.Select(name => parameters.Count == 0
            ? $"'{name}' is no parameter: the pipeline has none"
            : $"'{name}' is no parameter; there are: {string.Join(", ", parameters.Select(static p => p.Name))}"));
        return errors.Count == 0
            ? parameters.Count == 0 ? null : values.ToJsonString()
            : throw TarnException.InvalidInput($"The parameters of pipeline '{pipeline}' have {errors.Count} error(s): {string.Join("; ", errors)}.", given?.GetRawText());
    }

    private static JsonNode SchemaOf(Type type, JsonElement? defaultValue, string? description, JsonArray? choices)
    {
        var schema = PipelineJson.Options.GetJsonSchemaAsNode(type) as JsonObject ?? [];
        if (description is not null)
        {
            schema["description"] = description;
        }

        if (defaultValue is { } value)
        {
            schema["default"] = JsonNode.Parse(value.GetRawText());
        }

        if (choices is not null)
        {
            schema["enum"] = choices;
        }

        return schema;
    }
}

/// <summary>How results, items and parameters are written.</summary>
internal static class PipelineJson
{
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
            TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver(),
        };
        options.MakeReadOnly();
        return options;
    }
}
