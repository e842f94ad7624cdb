using Microsoft.Extensions.Configuration;
using Tarn.Core;

namespace Tarn;

/// <summary>
/// What a system can decide before the data directory is opened: which configuration holds, and which directory the data
/// goes to. Handed to the hooks of <see cref="SystemBuilder.BeforeOpen"/>, one after another.
/// </summary>
public sealed class SystemStartContext
{
    private readonly IConfigurationRoot _configuration;
    private readonly Dictionary<string, string?> _overrides;

    internal SystemStartContext(
        IConfigurationRoot configuration, Dictionary<string, string?> overrides, Notices notices, string dataDirectory, bool isServer, TimeProvider time)
    {
        _configuration = configuration;
        _overrides = overrides;
        Notices = notices;
        DataDirectory = dataDirectory;
        IsServer = isServer;
        Time = time;
    }

    /// <summary>The configuration with all its layers, and what was overridden so far.</summary>
    public IConfiguration Configuration => _configuration;

    /// <summary>The notices; what is set here is shown at start, in the status and in the console.</summary>
    public Notices Notices { get; }

    /// <summary>True for <c>up</c>, which serves; false where a single verb opens the data directory for itself.</summary>
    public bool IsServer { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>The full path of the data directory as configured. It exists, and this process holds its lock.</summary>
    public string DataDirectory { get; }

    /// <summary>The name of the sub-directory that was chosen, or null where the data goes to the data directory itself.</summary>
    public string? Subdirectory { get; private set; }

    /// <summary>Sets a configuration key above every other layer.</summary>
    /// <param name="key">The key, with colons: <c>Quakes:FeedUrl</c>.</param>
    /// <param name="value">The value, or null to unset it.</param>
    public void Override(string key, string? value)
    {
        _overrides[key] = value;
        _configuration.Reload();
    }

    /// <summary>Sends the data to a sub-directory of the data directory. Its lock is held beside that of the data directory.</summary>
    /// <param name="name">Lower-case letters, digits and hyphens, 1 to 64.</param>
    /// <exception cref="TarnException">The name is not of that form, or another system chose another one.</exception>
    public void UseSubdirectory(string name)
    {
        if (name.Length is 0 or > 64 || !name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
        {
            throw TarnException.InvalidInput("A sub-directory of the data directory is named by 1 to 64 lower-case letters, digits and hyphens.", name);
        }

        if (Subdirectory is { } chosen && chosen != name)
        {
            throw TarnException.Conflict($"All systems of one process share one data directory, and another one chose {chosen}.", name, "Start them apart, each with its own --data DIR.");
        }

        Subdirectory = name;
    }
}
