using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Tarn.Core;
using Tarn.Lake;
using Tarn.S3;

namespace Tarn;

/// <summary>Where the files of training runs and model versions are kept: in the data directory, in another folder, or in S3, by the key <c>Registry:Store</c>.</summary>
internal sealed class RegistryPlan
{
    public const string Section = "Registry";
    private const string StoreKey = "Store";
    private const string Rule = "It is s3://bucket or s3://bucket/prefix, reached as Lake:S3 says, or the full path of a folder; without it, the files are in the data directory.";

    private readonly string? _place;

    private RegistryPlan(string? place) => _place = place;

    /// <summary>Reads the key.</summary>
    public static RegistryPlan Read(IConfigurationSection registry, List<OptionError> errors)
    {
        errors.AddRange(registry.GetChildren()
            .Where(static c => !c.Key.Equals(StoreKey, StringComparison.OrdinalIgnoreCase))
            .Select(static c => new OptionError(c.Path, c.Value, $"No such key; that of {Section} is {StoreKey}.")));
        var text = registry[StoreKey]?.Trim() ?? "";
        if (S3Location.IsS3(text) ? !S3Location.TryParse(text, out _, out _) : text.Length > 0 && !Path.IsPathFullyQualified(text))
        {
            errors.Add(new OptionError($"{registry.Path}:{StoreKey}", text, Rule));
        }

        return new RegistryPlan(text.Length > 0 ? text : null);
    }

    /// <summary>The local folder for files that are being written.</summary>
    public string Scratch(string directory) => Path.Combine(_place is null || S3Location.IsS3(_place) ? directory : _place, "artifacts");

    /// <summary>Opens the store.</summary>
    public ObjectStore Open(string directory, LakeStorePlan lake, TimeProvider time, IdSource ids, ILoggerFactory loggers) =>
        _place is not null && S3Location.IsS3(_place) ? lake.OpenElsewhere(_place, time, ids, loggers) : new LocalObjectStore(_place ?? directory);
}
