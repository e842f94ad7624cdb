using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Core;
using Tarn.Lake;
using Tarn.S3;

namespace Tarn;

/// <summary>Where the lake's objects are kept: in the data directory, in another folder, or in S3, by the keys <c>Lake:Store</c> and <c>Lake:S3:…</c>.</summary>
internal sealed class LakeStorePlan
{
    public const string StoreKey = "Store";
    public const string S3Key = "S3";
    public const string TemporaryFolderKey = "TemporaryFolder";
    private const string Rule = "It is s3://bucket or s3://bucket/prefix, or the full path of a folder; without it, the lake is in the data directory.";

    private readonly string? _folder;
    private readonly S3Location? _s3;
    private readonly S3StoreOptions _options;
    private readonly bool _hasTemporaryFolder;

    private LakeStorePlan(string? folder, S3Location? s3, S3StoreOptions options, bool hasTemporaryFolder)
    {
        _folder = folder;
        _s3 = s3;
        _options = options;
        _hasTemporaryFolder = hasTemporaryFolder;
    }

    /// <summary>Whether the lake is elsewhere than in the data directory.</summary>
    public bool IsElsewhere => _s3 is not null || _folder is not null;

    /// <summary>Where it is, for people.</summary>
    public string Place => _s3?.ToString() ?? _folder ?? "the data directory";

    /// <summary>Reads the keys.</summary>
    public static LakeStorePlan Read(IConfigurationSection lake, List<OptionError> errors)
    {
        var options = OptionsReader.Read<S3StoreOptions>(lake.GetSection(S3Key), errors);
        errors.AddRange(options.Errors().Select(e => new OptionError($"{lake.Path}:{S3Key}", null, e)));
        var text = lake[StoreKey]?.Trim() ?? "";
        var hasTemporaryFolder = lake[TemporaryFolderKey] is { Length: > 0 };
        S3Location? s3 = null;
        string? folder = null;
        if (S3Location.IsS3(text))
        {
            if (S3Location.TryParse(text, out var location, out var rule))
            {
                s3 = location;
            }
            else
            {
                errors.Add(new OptionError($"{lake.Path}:{StoreKey}", text, rule));
            }
        }
        else if (text.Length > 0)
        {
            folder = Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.IsFile ? uri.LocalPath : text;
            if (!Path.IsPathFullyQualified(folder))
            {
                errors.Add(new OptionError($"{lake.Path}:{StoreKey}", text, Rule));
            }
        }

        return new LakeStorePlan(folder, s3, options, hasTemporaryFolder);
    }

    /// <summary>Opens the store. Nothing is asked of one that is elsewhere yet.</summary>
    /// <param name="directory">The data directory.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ids">Where ids come from.</param>
    /// <param name="loggers">Where to tell what is done.</param>
    public ObjectStore Open(string directory, TimeProvider time, IdSource ids, ILoggerFactory loggers) =>
        _s3 is { } s3 ? new S3ObjectStore(s3, _options, time, ids, loggers) : new LocalObjectStore(_folder ?? Path.Combine(directory, "lake"));

    /// <summary>Opens the store only to read it: a folder that is not there stays so.</summary>
    public ObjectStore OpenToRead(string directory, TimeProvider time, IdSource ids, ILoggerFactory loggers) =>
        _s3 is { } s3 ? new S3ObjectStore(s3, _options, time, ids, loggers) : new LocalObjectStore(_folder ?? Path.Combine(directory, "lake"), new LocalStoreOptions { MakeFolder = false });

    /// <summary>Opens the store of a table that a query names by where it is: <c>s3://bucket</c>, reached as the lake's own would be.</summary>
    public ObjectStore OpenElsewhere(string location, TimeProvider time, IdSource ids, ILoggerFactory loggers) =>
        new S3ObjectStore(S3Location.Parse(location), _options, time, ids, loggers);

    /// <summary>Files of stores elsewhere are kept in the data directory, where they outlive the machine's restart, if no other folder is named.</summary>
    public LakeOptions Complete(LakeOptions options, string directory) =>
        _hasTemporaryFolder ? options : options with { TemporaryFolder = Path.GetFullPath(Path.Combine(directory, "cache")) };

    /// <summary>Whether the store can be reached now.</summary>
    /// <exception cref="TarnException">It cannot; it says why and what to do.</exception>
    public async Task CheckAsync(TimeProvider time, CancellationToken cancellation)
    {
        if (_s3 is { } s3)
        {
            using var store = new S3ObjectStore(s3, _options with { Retries = Math.Min(_options.Retries, 1) }, time, IdSource.Create(time), NullLoggerFactory.Instance);
            await store.CheckAsync(cancellation).ConfigureAwait(false);
        }
        else if (_folder is { } folder)
        {
            await new LocalObjectStore(folder).ListFoldersAsync("", cancellation).ConfigureAwait(false);
        }
    }
}
