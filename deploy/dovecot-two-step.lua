-- Dovecot asks the two-step verification service whether a name and a password belong together.
-- Goes to /etc/dovecot/two-step.lua; dovecot-two-step.conf beside it says the rest. Keeps nothing between two logins.

local ADDRESS = "https://mfa.example.org/integrations/basic/"
-- One line: the key that the administration showed. root:dovecot, mode 0640.
local KEY_FILE = "/etc/dovecot/two-step.key"

local key, client

function script_init()
  local file = assert(io.open(KEY_FILE))
  key = file:read("l")
  file:close()
  -- The service's certificate is checked against Dovecot's ssl_client_ca_dir or ssl_client_ca_file.
  client = dovecot.http.client({ connect_timeout_msecs = 2000, request_timeout_msecs = 5000, max_attempts = 2 })
  return 0
end

local LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

-- Dovecot 2.3 brings no base64 of its own.
local function base64(text)
  local padding = (3 - #text % 3) % 3
  local out = (text .. ("\0"):rep(padding)):gsub("...", function(three)
    local a, b, c = three:byte(1, 3)
    local bits, letters = a * 65536 + b * 256 + c, ""
    for shift = 18, 0, -6 do
      local at = (bits >> shift) & 63
      letters = letters .. LETTERS:sub(at + 1, at + 1)
    end
    return letters
  end)
  return out:sub(1, #out - padding) .. ("="):rep(padding)
end

local function decode(text)
  return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

function auth_password_verify(request, password)
  -- HTTP Basic ends the name at its first colon (RFC 7617): "ana:x" would be asked about as ana.
  if request.user:find(":", 1, true) then
    return dovecot.auth.PASSDB_RESULT_USER_UNKNOWN, "no such name"
  end
  local question = client:request({ url = ADDRESS, method = "GET" })
  question:add_header("X-Service-Key", key)
  question:add_header("Authorization", "Basic " .. base64(request.user .. ":" .. password))
  question:add_header("X-Real-IP", request.remote_ip or "")
  question:add_header("X-Protocol", request.service or "")
  local answer = question:submit()
  local status = answer:status()
  if status == 204 then
    -- The name as the service spells it, so that ANA and ana have one mailbox.
    return dovecot.auth.PASSDB_RESULT_OK, { user = decode(answer:header("X-Auth-User")) }
  elseif status == 401 then
    return dovecot.auth.PASSDB_RESULT_PASSWORD_MISMATCH, "refused"
  end
  -- Neither yes nor no: the mail program is told to come back, and asks nobody for another password.
  dovecot.i_error("two-step: the service answered " .. status .. " " .. (answer:reason() or ""))
  return dovecot.auth.PASSDB_RESULT_INTERNAL_FAILURE, "no answer"
end
