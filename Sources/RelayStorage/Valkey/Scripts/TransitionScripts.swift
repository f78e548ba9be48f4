import RelayCore
import RelayValkey

/// What scripts about a topic with a state share: the lists that the topic is in.
///
/// Their keys begin with version, changes, topics and public topics. Their arguments begin with:
///
/// | argument | |
/// | --- | --- |
/// | 1 | the topic's key |
/// | 2 | the revision that it must have; empty for a new topic |
/// | 3 | `put` or `delete` |
/// | 4, 5 | how many topics of the kind its owner may have, and all together |
/// | 6, 7, 8 | the prefixes of what users own, of kinds' topics, and of what users own of a kind |
/// | 9, 10, 11 | owner, kind, and `1` if public; empty where they are not known |
enum ListingPrelude {
    static let source = """
        local keys, args = KEYS, ARGV

        -- `ofUser` or `inAll` where there can't be one more. Plain topics whose names are paths count with all others, as plain topics do.
        local function refusal()
          local isPlain = args[10] == '\(PlainStream().kind)'
          local owned = isPlain and args[6] .. args[9] or args[8] .. args[10] .. ':' .. args[9]
          if redis.call('SCARD', owned) >= tonumber(args[4]) then return 'ofUser' end
          if redis.call('ZCARD', isPlain and keys[3] or args[7] .. args[10]) >= tonumber(args[5]) then return 'inAll' end
        end

        local function list()
          redis.call('ZADD', keys[3], 0, args[1])
          redis.call('ZADD', args[7] .. args[10], 0, args[1])
          redis.call('SADD', args[6] .. args[9], args[1])
          redis.call('SADD', args[8] .. args[10] .. ':' .. args[9], args[1])
          redis.call(args[11] == '1' and 'SADD' or 'SREM', keys[4], args[1])
        end

        -- From what an owner has, and from the kind's.
        local function disown(owner, kind)
          redis.call('SREM', args[6] .. owner, args[1])
          redis.call('SREM', args[8] .. kind .. ':' .. owner, args[1])
          redis.call('ZREM', args[7] .. kind, args[1])
        end

        local function unlist(owner, kind)
          redis.call('ZREM', keys[3], args[1])
          redis.call('SREM', keys[4], args[1])
          disown(owner, kind)
        end

        """
}

/// Changes a topic's record with its state, appends the messages that tell of it, and empties streams that end with it: all or nothing.
///
/// Arguments: those of ``ListingPrelude``; how many streams are emptied; a random id for the topic's stream, and one for each of those; how
/// many fields and values of the record follow, and these, the state's last; with messages, the arguments of ``AppendScript``. Keys: on one
/// server those of ``ListingPrelude``; the record, the stream's four, and four of each stream that is emptied.
///
/// Answers `conflict`, `superseded`, `ofUser` or `inAll` where nothing is stored. Else `deleted`, the bounds, and whose topic of which kind it was, or `changed`, the record
/// without its state, and what the append says, or the bounds. The first write needs memory, unless the topic is deleted.
enum TransitionScript {
    /// With the lists, and told as a change.
    static let onServer = ValkeyScript(
        ControlPrelude.source + ListingPrelude.source + """
            local function tell() changed('topic ' .. args[1]) end
            local lead = 4

            """ + Self.body
    )

    /// Without what lies in the control slot.
    static let inCluster = ValkeyScript(
        """
        local keys, args = KEYS, ARGV
        local function refusal() end
        local function list() end
        local function unlist() end
        local function tell() end
        local lead = 0

        """ + Self.body
    )

    private static let body =
        """
        local record, erased = keys[lead + 1], tonumber(args[12])
        local isThere = redis.call('EXISTS', record) == 1
        if isThere ~= (args[2] ~= '') then return 'conflict' end
        if isThere and (redis.call('HGET', record, 'revision') or '0') ~= args[2] then return 'conflict' end

        local function slice(list, start, last)
          local some = {}
          for i = start, last do some[#some + 1] = list[i] end
          return some
        end
        local fieldsStart = 15 + erased
        local fieldsEnd = fieldsStart - 1 + args[fieldsStart - 1]
        local KEYS, ARGV = slice(keys, lead + 2, lead + 5), slice(args, fieldsEnd + 1, #args)

        """ + StreamPrelude.source + PurgePrelude.source + """
            local function purge(fresh, known, knownLast)
              heal()
              local s = settle(fresh, known, knownLast)
              if s and (s.count > 0 or s.trimmed ~= s.last) then
                empty(s, fresh)
                begin(s)
              end
              return s
            end

            local function purgeErased()
              for i = 1, erased do
                local at = lead + 1 + 4 * i
                STREAM, STATE, TTL, NEWS = keys[at + 1], keys[at + 2], keys[at + 3], keys[at + 4]
                purge(args[13 + i], '', '')
              end
              STREAM, STATE, TTL, NEWS = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
            end

            local function shown()
              local all, some = redis.call('HGETALL', record), {}
              for i = 1, #all, 2 do
                if all[i] ~= 'state' then some[#some + 1] = all[i]; some[#some + 1] = all[i + 1] end
              end
              return some
            end

            local function append(s)

            """ + AppendScript.marks + AppendScript.storing + """

            end

            if args[3] == 'delete' then
              local owner, kind = redis.call('HGET', record, 'owner') or '', redis.call('HGET', record, 'kind') or ''
              redis.call('DEL', record)
              unlist(owner, kind)
              purgeErased()
              local s = purge(args[13], '', '')
              tell()
              return {'deleted', s and describe(s, s.last) or '', owner, kind}
            end

            local s, superseded
            if isThere then
              if #ARGV > 0 then
                s, superseded = settle(ARGV[1], ARGV[2], ARGV[3])
                if superseded then return 'superseded' end
              else
                s = load()
              end
              if args[fieldsEnd - 3] == 'state' then redis.call('HSET', record, unpack(args, fieldsEnd - 3, fieldsEnd)) end
            else
              local obstacle = refusal()
              if obstacle then return obstacle end
              redis.call('HSET', record, unpack(args, fieldsStart, fieldsEnd))
              list()
              -- What the caller knows only keeps ids from being given out twice: the new topic is nobody's history.
              s = purge(args[13], ARGV[2] or '', ARGV[3] or '')
            end
            purgeErased()
            tell()
            local bounds = #ARGV > 0 and append(s) or s and describe(s, s.last) or ''
            return {'changed', shown(), bounds}
            """
}

/// In a cluster, before a topic's record is changed: says that its lists may be wrong, and lists a new topic, so that the quota counts it.
///
/// Keys: those of ``ListingPrelude``, and the unsettled topics. Arguments: those of ``ListingPrelude``, and a random mark. Answers `marked`,
/// `ofUser` or `inAll`.
enum MarkTopicScript {
    static let script = ValkeyScript(
        ListingPrelude.source + """
            local before = redis.call('HGET', keys[5], args[1])
            if args[9] ~= '' and args[2] == '' then
              if not redis.call('ZSCORE', args[7] .. args[10], args[1]) then
                local obstacle = refusal()
                if obstacle then return obstacle end
              end
              redis.call('HSET', keys[5], args[1], args[12] .. ' ' .. args[10] .. ' ' .. args[9])
              list()
            else
              redis.call('HSET', keys[5], args[1], args[12] .. ' ' .. args[10] .. ' ' .. args[9])
            end
            -- What another has marked and not settled, or does not any more: who finds its mark gone looks again.
            local _, kind, owner = string.match(before or '', '^(%S*) (%S*) (.*)$')
            if owner and owner ~= '' and owner ~= args[9] then disown(owner, kind) end
            return 'marked'
            """
    )
}

/// In a cluster, after a topic's record was changed: sets its lists right, and tells of the change.
///
/// Keys and arguments: those of ``MarkTopicScript``; without owner for a topic that is gone. Answers 0, and changes nothing, where somebody
/// else has marked the topic since.
enum SettleTopicScript {
    static let script = ValkeyScript(
        ControlPrelude.source + ListingPrelude.source + """
            local mark, kind, owner = string.match(redis.call('HGET', keys[5], args[1]) or '', '^(%S*) (%S*) (.*)$')
            if mark ~= args[12] then return 0 end
            redis.call('HDEL', keys[5], args[1])
            if args[9] == '' then
              unlist(owner, kind)
            else
              if owner ~= '' and (owner ~= args[9] or kind ~= args[10]) then disown(owner, kind) end
              list()
            end
            changed('topic ' .. args[1])
            return 1
            """
    )
}

/// In a cluster. Key: the record. Arguments: fields and values. Answers whether there is such a topic.
enum UpdateRecordScript {
    static let script = ValkeyScript(
        """
        if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
        if #ARGV > 0 then redis.call('HSET', KEYS[1], unpack(ARGV)) end
        return 1
        """
    )
}

/// Empties a stream, whoever wrote to it. Argument: a random id.
enum EraseScript {
    static let script = ValkeyScript(
        StreamPrelude.source + PurgePrelude.source + """
            heal()
            local s = settle(ARGV[1], '', '')
            if s and (s.count > 0 or s.trimmed ~= s.last) then
              empty(s, ARGV[1])
              begin(s)
            end
            return 1
            """
    )
}
