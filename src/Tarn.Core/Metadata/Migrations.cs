using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dapper;

namespace Tarn.Core;

/// <summary>Runs each component's scripts once.</summary>
internal static class Migrations
{
    /// <summary>The store's own tables, made when it is opened.</summary>
    public const string OwnTables = """
        CREATE TABLE IF NOT EXISTS tarn_migration(
            component TEXT NOT NULL, version INTEGER NOT NULL, digest TEXT NOT NULL, applied_at INTEGER NOT NULL,
            PRIMARY KEY (component, version)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS tarn_value(
            component TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
            PRIMARY KEY (component, name)) WITHOUT ROWID;
        """;

    public static async Task<int> ApplyAsync(
        DbConnection connection,
        DbTransaction transaction,
        string component,
        IReadOnlyList<string> scripts,
        Func<string, string> translate,
        DateTimeOffset now)
    {
        var applied = (await connection.QueryAsync<string>(
            "SELECT digest FROM tarn_migration WHERE component = @component ORDER BY version", new { component }, transaction)).AsList();
        if (applied.Count > scripts.Count)
        {
            throw TarnException.Conflict(
                $"The metadata of '{component}' was written by a newer version of this program: it is at step {applied.Count}, and this version knows {scripts.Count}.",
                null,
                "Use the newer version, or another data directory.");
        }

        for (var i = 0; i < scripts.Count; i++)
        {
            var digest = Digest(scripts[i]);
            if (i < applied.Count)
            {
                if (applied[i] != digest)
                {
                    throw TarnException.Corrupt(
                        "A migration script that has run is never changed.",
                        string.Create(CultureInfo.InvariantCulture, $"{component}, step {i + 1}"),
                        "Put the script back as it was, and add the change as a further script.");
                }

                continue;
            }

            await connection.ExecuteAsync(translate(scripts[i]), transaction: transaction, commandTimeout: 0);
            await connection.ExecuteAsync(
                "INSERT INTO tarn_migration(component, version, digest, applied_at) VALUES (@component, @version, @digest, @at)",
                new { component, version = i + 1, digest, at = Instant.ToMicroseconds(now) },
                transaction);
        }

        return scripts.Count - applied.Count;
    }

    /// <summary>Independent of line ends, so that a checkout on Windows agrees.</summary>
    private static string Digest(string script) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(script.ReplaceLineEndings("\n"))))[..16];
}
