using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn;

/// <summary>
/// The server's certificate, with those between it and the root. When a connection begins, and the files have changed since they were last looked at (at most every five seconds), it is
/// read anew; a file that does not read is told in the log, and the certificate that was there goes on.
/// </summary>
internal sealed partial class TlsCertificate
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    private readonly TlsOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private SslStreamCertificateContext _current;
    private (DateTime, DateTime, long, long) _state;
    private long _looked;

    private TlsCertificate(TlsOptions options, TimeProvider time, ILogger logger)
    {
        (_options, _time, _logger) = (options, time, logger);
        _state = State();
        _current = Load();
        _looked = time.GetTimestamp();
    }

    /// <summary>Called after another certificate was read.</summary>
    public event Action? Changed;

    /// <summary>The SHA-256 of the certificate, in hexadecimal: who knows it needs no authority to trust the server.</summary>
    public string Fingerprint => _current.TargetCertificate.GetCertHashString(HashAlgorithmName.SHA256);

    /// <summary>Reads the certificate.</summary>
    /// <exception cref="TarnException">It cannot be read, or has no private key.</exception>
    public static TlsCertificate Open(TlsOptions options, TimeProvider time, ILogger logger) => new(options, time, logger);

    /// <summary>The certificate for a connection that begins.</summary>
    public SslStreamCertificateContext Get()
    {
        lock (_gate)
        {
            if (_time.GetElapsedTime(_looked) < LookEvery)
            {
                return _current;
            }

            _looked = _time.GetTimestamp();
            var state = State();
            if (state == _state)
            {
                return _current;
            }

            try
            {
                _current = Load();
                _state = state;
                LogRead(_current.TargetCertificate.Subject, _current.TargetCertificate.NotAfter);
            }
            catch (TarnException exception)
            {
                // Perhaps one of the two files is still to come: it is looked at again.
                LogNotRead(exception);
                return _current;
            }
        }

        Changed?.Invoke();
        return _current;
    }

    private (DateTime, DateTime, long, long) State()
    {
        var certificate = Target(_options.Certificate!);
        var key = _options.Key is { } path ? Target(path) : null;
        return (certificate.LastWriteTimeUtc, key?.LastWriteTimeUtc ?? default, certificate.Exists ? certificate.Length : -1, key is { Exists: true } ? key.Length : -1);
    }

    // Where certificates are renewed by changing a link, the link's own time says nothing.
    private static FileInfo Target(string path)
    {
        var file = new FileInfo(path);
        return file.Exists && file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target ? target : file;
    }

    private SslStreamCertificateContext Load()
    {
        var path = _options.Certificate!;
        try
        {
            var others = new X509Certificate2Collection();
            X509Certificate2 certificate;
            if (X509Certificate2.GetCertContentType(path) == X509ContentType.Pkcs12)
            {
                others = X509CertificateLoader.LoadPkcs12CollectionFromFile(path, _options.Password);
                certificate = others.FirstOrDefault(static c => c.HasPrivateKey) ?? throw new CryptographicException("No certificate in it has a private key.");
                others.Remove(certificate);
            }
            else
            {
                certificate = _options.Password is null ? X509Certificate2.CreateFromPemFile(path, _options.Key) : X509Certificate2.CreateFromEncryptedPemFile(path, _options.Password, _options.Key);
                others.ImportFromPemFile(path);
                others = [.. others.Where(c => c.Thumbprint != certificate.Thumbprint)];
            }

            return SslStreamCertificateContext.Create(certificate, others, offline: true);
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new TarnException(
                ErrorKind.InvalidInput,
                $"Security:Tls:Certificate is a file in PEM or PKCS #12 with a certificate, and its private key is there or in Security:Tls:Key: {exception.Message}",
                path,
                "Correct the paths or the password.",
                exception);
        }
    }

    [LoggerMessage(EventId = 7073, Level = LogLevel.Information, Message = "The certificate was read anew: {Subject}, until {Until:u}")]
    private partial void LogRead(string subject, DateTime until);

    [LoggerMessage(EventId = 7074, Level = LogLevel.Error, Message = "The certificate changed and cannot be read; the one before goes on")]
    private partial void LogNotRead(Exception exception);
}
