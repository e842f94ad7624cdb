using System.Security.Cryptography;
using System.Text;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn.Training;

/// <summary>The ledger of who judged by a dataset's test images.</summary>
internal sealed class TestLedger(ImageTables tables, TimeProvider time)
{
    private const string AppId = "tarn.test-uses";
    private const int Tries = 20;

    public static string Fingerprint(IEnumerable<DatasetImage> images)
    {
        var text = string.Concat(images.Select(static i => $"{i.Sha256} {i.Label}\n").Order(StringComparer.Ordinal));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    public async Task<TestUseResult> UseAsync(long version, IReadOnlyList<DatasetImage> test, string usedBy, string purpose, CancellationToken cancellationToken)
    {
        var fingerprint = Fingerprint(test);
        var table = await tables.TestUsesAsync(cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < Tries; i++)
        {
            var snapshot = await table.SnapshotAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            var uses = (await ReadAsync(snapshot.Version, cancellationToken).ConfigureAwait(false)).Where(u => u.Fingerprint == fingerprint).ToList();
            var at = uses.FindIndex(u => u.UsedBy == usedBy && u.Purpose == purpose);
            if (at >= 0)
            {
                // Told already: a repeated attempt is the same use.
                return new TestUseResult(uses[at], [.. uses[..at].Where(u => u.UsedBy != usedBy)]);
            }

            var use = new TestUse { UsedBy = usedBy, Purpose = purpose, DatasetVersion = version, Images = test.Count, Fingerprint = fingerprint, UsedAt = time.GetUtcNow() };
            var stored = snapshot.TransactionVersion(AppId);
            var options = new WriteOptions
            {
                Transactions = [new AppTransaction(AppId, (stored ?? 0) + 1)],
                ExpectedTransactions = new Dictionary<string, long?> { [AppId] = stored },
            };
            try
            {
                if (!(await table.AppendAsync([use], options, cancellationToken).ConfigureAwait(false)).WasApplied)
                {
                    return new TestUseResult(use, [.. uses.Where(u => u.UsedBy != usedBy)]);
                }
            }
            catch (TarnException error) when (error.Kind == ErrorKind.Conflict)
            {
                // Another wrote meanwhile: read what, and try again.
                continue;
            }
        }

        throw TarnException.Conflict("The ledger of test uses is written by one at a time.", tables.TestUses.Name, "Try again.");
    }

    public async Task<IReadOnlyList<TestUse>> ReadAsync(long? version, CancellationToken cancellationToken) =>
        [.. (await tables.RowsAsync<TestUse>(tables.TestUses, version, RowMapping<TestUse>.Instance.Schema.Columns.Select(static c => c.Name), cancellationToken).ConfigureAwait(false))
            .OrderBy(static u => u.UsedAt).ThenBy(static u => u.UsedBy, StringComparer.Ordinal)];
}
