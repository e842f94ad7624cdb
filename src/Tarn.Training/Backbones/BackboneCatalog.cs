using System.Reflection;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Training;

/// <summary>
/// The backbones that can be used, by name: those that Tarn knows, and those of the catalogue file in a folder, which adds entries or replaces them. The folder holds the networks'
/// files too. Safe for use from several threads; two processes that add at once leave the catalogue of one of them.
/// </summary>
public sealed class BackboneCatalog
{
    /// <summary>The name of the catalogue file in its folder.</summary>
    public const string FileName = "backbones.yaml";

    private static readonly Lazy<IReadOnlyList<BackboneEntry>> Known = new(ReadKnown);

    private readonly Lock _gate = new();
    private volatile IReadOnlyDictionary<string, BackboneEntry> _entries;

    private BackboneCatalog(string folder, IReadOnlyDictionary<string, BackboneEntry> entries)
    {
        Folder = folder;
        _entries = entries;
    }

    /// <summary>The full path of the folder; it need not exist.</summary>
    public string Folder { get; }

    /// <summary>All entries by name.</summary>
    public IReadOnlyList<BackboneEntry> Entries => [.. _entries.Values.OrderBy(static e => e.Name, StringComparer.Ordinal)];

    /// <summary>Opens the catalogue of a folder.</summary>
    /// <exception cref="TarnException">The catalogue file is not in order; the error names the line and the rule.</exception>
    public static BackboneCatalog Open(string folder)
    {
        var full = Path.GetFullPath(folder);
        return new BackboneCatalog(full, ReadAll(full));
    }

    /// <summary>The entry of a name, in any case of letters.</summary>
    /// <exception cref="TarnException">There is none.</exception>
    public BackboneEntry Find(string name) => _entries.GetValueOrDefault(name.ToLowerInvariant())
        ?? throw TarnException.NotFound("There is no backbone of that name.", name, $"There are {string.Join(", ", _entries.Keys.Order(StringComparer.Ordinal))}; `tarn backbones add {name} --file FILE --size PIXELS` adds one.");

    /// <summary>Where an entry's file is, or would be; null for one that is made in code.</summary>
    public string? PathOf(BackboneEntry entry) => entry.IsMadeInCode ? null : Path.GetFullPath(entry.File, Folder);

    /// <summary>Whether an entry can be loaded: its file is there, or it needs none. The file is not read.</summary>
    public bool IsPresent(BackboneEntry entry) => PathOf(entry) is not { } path || File.Exists(path);

    /// <summary>Reads a backbone's file, and checks its hash and that it fits the entry.</summary>
    /// <exception cref="TarnException">There is no such entry, its file is absent (the error says how to get it), or it is not the right one.</exception>
    public Backbone Load(string name)
    {
        var entry = Find(name);
        return Backbone.FromBytes(entry, Read(entry), PathOf(entry) ?? entry.File);
    }

    /// <summary>Runs a backbone on pictures: <see cref="BackboneCheck.Run"/>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="pictures">Photographs, or none.</param>
    /// <param name="time">What times are taken with.</param>
    /// <exception cref="TarnException">As for <see cref="Load"/>.</exception>
    public BackboneCheckResult Check(string name, IReadOnlyList<RgbImage> pictures, TimeProvider time)
    {
        var entry = Find(name);
        var file = Read(entry);
        return BackboneCheck.Run(Backbone.FromBytes(entry, file, PathOf(entry) ?? entry.File), file, pictures, time);
    }

    /// <summary>Checks a file against an entry, stores it in the folder, and writes the entry with the file's hash into the catalogue file.</summary>
    /// <param name="entry">The entry. Its file's name is kept where the file is the one that the entry names by its hash; else the file is called as the entry.</param>
    /// <param name="file">The ONNX file.</param>
    /// <returns>The entry as it stands in the catalogue.</returns>
    /// <exception cref="TarnException">The file does not fit the entry; nothing is changed then.</exception>
    public BackboneEntry Add(BackboneEntry entry, ReadOnlySpan<byte> file)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var sha256 = OnnxModel.Sha256(file);
        var name = entry.Sha256 == sha256 && Path.GetFileName(entry.File) == entry.File ? entry.File : entry.Name + ".onnx";
        var added = entry with { File = name, Sha256 = sha256, IsBuiltIn = false };
        _ = Backbone.FromBytes(added, file, entry.Name);
        lock (_gate)
        {
            var path = Path.GetFullPath(name, Folder);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            Write(path, file);
            var all = new Dictionary<string, BackboneEntry>(ReadAll(Folder), StringComparer.Ordinal) { [added.Name] = added };
            var own = "# Backbones of this data directory; written by `tarn backbones add`, and yours to edit.\n" + CatalogFile.Write(all.Values.Where(static e => !e.IsBuiltIn));
            Write(Path.Combine(Folder, FileName), System.Text.Encoding.UTF8.GetBytes(own));
            _entries = all;
        }

        return added;
    }

    /// <summary>How to get an entry's file, as a sentence.</summary>
    public static string HowToGet(BackboneEntry entry) => entry switch
    {
        { Url: { } url } => $"`tarn backbones add {entry.Name}` fetches it from {url}; with no way there, bring the file and give it by `tarn backbones add {entry.Name} --file FILE`.",
        { HowToGet: { } how } => $"{how}; then `tarn backbones add {entry.Name} --file FILE`.",
        _ => $"Give it by `tarn backbones add {entry.Name} --file FILE`.",
    };

    /// <summary>An entry's file, its hash checked.</summary>
    private byte[] Read(BackboneEntry entry)
    {
        if (PathOf(entry) is not { } path)
        {
            return entry.File == "builtin:classical"
                ? ClassicalFeatures.Build().ToBytes()
                : throw TarnException.InvalidInput("Made in code is only `builtin:classical`.", entry.File, "Name an ONNX file.");
        }

        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw TarnException.NotFound($"The file of the backbone {entry.Name} is not here.", path, HowToGet(entry));
        }

        return entry.Sha256 is { } expected && OnnxModel.Sha256(bytes) is var found && found != expected
            ? throw TarnException.Corrupt(
                $"The file of the backbone {entry.Name} has the SHA-256 {expected}; this one has {found}.", path, $"Fetch it again, or make this file the backbone's with `tarn backbones add {entry.Name} --file {path}`.")
            : bytes;
    }

    /// <summary>Whole or not at all: beside it first, then in its place.</summary>
    private static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        var beside = path + ".new";
        File.WriteAllBytes(beside, bytes);
        File.Move(beside, path, overwrite: true);
    }

    private static Dictionary<string, BackboneEntry> ReadAll(string folder)
    {
        var entries = Known.Value.ToDictionary(static e => e.Name, StringComparer.Ordinal);
        var path = Path.Combine(folder, FileName);
        if (File.Exists(path))
        {
            foreach (var entry in CatalogFile.Read(File.ReadAllText(path), path))
            {
                entries[entry.Name] = entry;
            }
        }

        return entries;
    }

    private static IReadOnlyList<BackboneEntry> ReadKnown()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(FileName)!;
        using var reader = new StreamReader(stream);
        return CatalogFile.Read(reader.ReadToEnd(), "Tarn's own catalogue", isBuiltIn: true);
    }
}
