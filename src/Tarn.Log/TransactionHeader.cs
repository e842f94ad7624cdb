using System.Globalization;
using System.Text;
using Tarn.Core;

namespace Tarn.Log;

/// <summary>
/// The record header that carries an application transaction: its name is <c>txn:</c> and the application id, its value the version as decimal text.
/// A sink commits it together with the record that carries it.
/// </summary>
public static class TransactionHeader
{
    /// <summary>What the names of such headers begin with.</summary>
    public const string Prefix = "txn:";

    /// <summary>Makes the header.</summary>
    /// <param name="applicationId">Names the progress, for example <c>usgs/updatedafter</c>.</param>
    /// <param name="version">The version reached, 0 or more.</param>
    /// <exception cref="TarnException">The id is empty or the version negative.</exception>
    public static RecordHeader Create(string applicationId, long version)
    {
        if (applicationId.Length == 0 || version < 0)
        {
            throw TarnException.InvalidInput(
                "An application transaction has an id and a version of 0 or more.", $"{applicationId} = {version.ToString(CultureInfo.InvariantCulture)}");
        }

        return new RecordHeader(Prefix + applicationId, Encoding.UTF8.GetBytes(version.ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>Reads the header; false where it is another kind of header or its value is not a version.</summary>
    public static bool TryRead(RecordHeader header, out string applicationId, out long version)
    {
        version = 0;
        applicationId = "";
        if (header.Name.Length <= Prefix.Length || !header.Name.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        applicationId = header.Name[Prefix.Length..];
        return long.TryParse(header.Value.Span, NumberStyles.None, CultureInfo.InvariantCulture, out version);
    }
}
