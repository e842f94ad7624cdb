using System.Text.Json.Serialization;

namespace Tarn;

/// <summary>JSON of the data directory's own files.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(LockHolder))]
[JsonSerializable(typeof(ServerFile))]
[JsonSerializable(typeof(ServerKey))]
internal sealed partial class HostJson : JsonSerializerContext;
