using System.Text.Json.Serialization;

namespace Tarn.Registry;

/// <summary>JSON that stands in the registry's tables.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(IReadOnlyList<ModelFile>))]
internal sealed partial class RegistryJson : JsonSerializerContext;
